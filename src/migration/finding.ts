/** Something a person should know about a VM that does not by itself stop its migration. */
export interface Finding {
  readonly code: string;
  readonly message: string;
}

/**
 * The findings of the tool itself. Plugins bring their own, and where a plugin refuses a VM in memory, where
 * nothing can be refused, its finding has the error's code (`VCH_ERR_NAME_MISSING`).
 */
export const FINDING_CODES = {
  'names-differ': 'the hidden and the legacy name both have a value, and not the same',
  'legacy-name-only': 'the data version says that the name is hidden, but only the legacy one is there',
  'name-not-docker': 'the name has characters that docker does not allow',
  'ledger-missing':
    'our mark is set, but the ledger that was written with it is gone: undo cannot take it back',
  'ledger-foreign': "the ledger is another VM's: this one is a clone, or was restored",
  'ledger-invalid': 'the ledger cannot be read, so plugins of others were left out',
} as const;

/** A finding of the tool itself. */
export function finding(code: keyof typeof FINDING_CODES, message: string): Finding {
  return {code, message};
}
