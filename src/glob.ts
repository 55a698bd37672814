/**
 * A test by a name with `*` for any characters and `?` for one. After a mismatch only the last `*` takes one character
 * more, so that no pattern needs longer than its length times the name's.
 */
export function glob(pattern: string): (name: string) => boolean {
  const wanted = [...pattern];
  return (name) => {
    const text = [...name];
    let at = 0;
    let here = 0;
    let star = -1;
    let taken = 0;
    while (here < text.length) {
      if (wanted[at] === '*') {
        star = at;
        taken = here;
        at += 1;
      } else if (wanted[at] === '?' || wanted[at] === text[here]) {
        at += 1;
        here += 1;
      } else if (star >= 0) {
        taken += 1;
        at = star + 1;
        here = taken;
      } else return false;
    }
    return wanted.slice(at).every((sign) => sign === '*');
  };
}
