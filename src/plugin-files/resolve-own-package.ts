import type {ResolveHook} from 'node:module';

// Why: docs/decisions/007-plugins-are-checked-early.md

/**
 * For Node's module loader: a plugin that has no `vch-migrate` of its own to import gets the package it is loaded by,
 * so that its one file can lie anywhere.
 */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!/^vch-migrate(\/|$)/.test(specifier)) throw error;
    return nextResolve(specifier, {...context, parentURL: import.meta.url});
  }
};
