/** Something you should know about a VM, and that does not stop its migration. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  /** The ways to end it, each with the commands, one a line. */
  readonly actions?: readonly {readonly text: string; readonly command: string}[];
}

/**
 * The findings of the tool itself; plugins add their own. If a plugin refuses a VM in memory, where nothing can be
 * refused, the finding has the code of that error (`VCH_ERR_NAME_MISSING`).
 */
export const FINDING_CODES = {
  'names-differ': 'the hidden and the legacy name have different values',
  'legacy-name-only': 'by its data version the name should be hidden, but only the legacy name exists',
  'name-not-docker': 'the name has characters that docker does not allow',
  'ledger-missing': 'the mark is set, but the ledger written with it is gone: undo cannot remove the mark',
  'ledger-restored':
    'the ledger names an earlier instance UUID of this VM: it was restored or registered again',
  'ledger-invalid': "the ledger cannot be read, so only VIC's own plugins were applied",
} as const;

/** A finding of the tool itself. */
export function finding(code: keyof typeof FINDING_CODES, message: string): Finding {
  return {code, message};
}
