/** Something a person should know about a VM that does not by itself stop its migration. */
export interface Finding {
  readonly code: string;
  readonly message: string;
}
