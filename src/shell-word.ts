/** A word as a POSIX shell takes it for one; zsh looks for a command where a word begins with `=`. */
export function shellQuoted(word: string): string {
  return /^(?!=)[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
