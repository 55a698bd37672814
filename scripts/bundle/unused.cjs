// Stands in for packages that are never called; a class of them can be extended, but not used.
module.exports = new Proxy(
  {},
  {
    get: (_target, name) =>
      class {
        constructor() {
          throw new Error(`${String(name)} is not in the bundle; see scripts/bundle/bundle.mjs`);
        }
      },
  },
);
