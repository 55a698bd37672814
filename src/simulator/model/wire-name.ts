/** A name as vCenter keeps and sends it: `/`, `\\` and every `%` that begins no escape are escaped. */
export function wireName(name: string): string {
  return name
    .replace(/%(?!2f|5c|25)/gi, '%25')
    .replaceAll('/', '%2f')
    .replaceAll('\\', '%5c');
}
