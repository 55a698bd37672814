/** With a capital at its beginning, unless that is a name: `docker`, `vch-1`. */
export function capital(text: string): string {
  return /^(?!docker\b|govc\b)[a-z]+(?=[ :;,]|$)/.test(text)
    ? text.slice(0, 1).toUpperCase() + text.slice(1)
    : text;
}

/** A text as a whole sentence; nothing stays nothing. */
export function sentence(text: string): string {
  return text === '' || /[.!?:`]$/.test(text) ? capital(text) : `${capital(text)}.`;
}
