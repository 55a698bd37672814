/** What the layers below the CLI log to; winston implements it, and so does a test's collector. */
export interface Logger {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** For library users who want silence. */
export const silent: Logger = {error() {}, warn() {}, info() {}, debug() {}};
