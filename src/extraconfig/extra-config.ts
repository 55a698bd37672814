/**
 * One VM's ExtraConfig as it stands in vSphere: key to raw value. A key that is not there is absent; VIC's
 * intended empty string is the raw value `<nil>`. A value that is no string on the wire stands here by its text.
 */
export type ExtraConfig = Readonly<Record<string, string>>;

/** One key that changes. Raw values; `null` is an absent key (before) or a removed one (after). */
export interface Change {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}
