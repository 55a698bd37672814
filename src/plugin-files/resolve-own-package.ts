import type {ResolveHook} from 'node:module';

// Why: docs/decisions/007-plugins-are-checked-early.md

/**
 * For Node's module loader: a plugin that cannot import a `vch-migrate` of its own gets the package that loads it, so the
 * plugin's one file can be anywhere.
 */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!/^vch-migrate(\/|$)/.test(specifier)) throw error;
    return nextResolve(specifier, {...context, parentURL: import.meta.url});
  }
};
