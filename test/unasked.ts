const WRITING = ['apply', 'undo', 'rename', 'upgrade', 'rollback', 'resume', 'unlock'];

/** A command line for a process without a terminal: one that writes says `--yes`. */
export function unasked(args: readonly string[]): readonly string[] {
  const said = args.includes('--yes') || args.includes('--dry-run');
  return WRITING.includes(args[0] ?? '') && !said ? [...args, '--yes'] : args;
}
