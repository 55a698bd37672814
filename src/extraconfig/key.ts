/** Who sees a key: VIC's words for it. Only hidden keys may be written while a VM runs. */
export type Scope = 'hidden' | 'read-only' | 'read-write';

/** Tells whether the guest cannot see a key. vSphere does not tell `Guestinfo.` from `guestinfo.`. */
export function isHidden(key: string): boolean {
  return !key.toLowerCase().startsWith('guestinfo.');
}

/**
 * VIC's scope of a key: `guestinfo.vice./a/b` is read-only to the guest, `a/b` is hidden from it. Any other
 * `guestinfo.` key, VIC's own `guestinfo.vice..a.b` among them, can be written from inside the guest.
 */
export function scopeOf(key: string): Scope {
  if (isHidden(key)) return 'hidden';
  return key.toLowerCase().startsWith('guestinfo.vice./') ? 'read-only' : 'read-write';
}

/** Tells whether VIC encrypts the value of a key. */
export function isSecret(key: string): boolean {
  return key.includes('@secret');
}

/** Tells whether a declared key stands for many: `*` is one map key or one index, never more. */
export function isPattern(key: string): boolean {
  return key.includes('*');
}

/** A test for the keys that a list of exact keys and patterns names. */
export function keyMatcher(declared: readonly string[]): (key: string) => boolean {
  const exact = new Set(declared.filter((key) => !isPattern(key)));
  const patterns = declared.filter(isPattern).map(patternExpression);
  return (key) => exact.has(key) || patterns.some((pattern) => pattern.test(key));
}

function patternExpression(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/|]+')}$`, 'su');
}
