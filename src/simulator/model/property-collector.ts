import type {Data} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';

/** A PropertyFilter. */
export interface PropertyFilter {
  readonly type: 'PropertyFilter';
  /** Moref. */
  readonly id: string;
}

/** How long a WaitForUpdatesEx waits, and how much it takes. */
export interface WaitOptions {
  /** Milliseconds; undefined waits without end. */
  readonly maxWait: number | undefined;
  readonly maxObjectUpdates: number;
  /** Aborted when the client's connection ends. */
  readonly signal: AbortSignal;
}

/** A PropertyCollector of one session, as the session and the methods see it; `properties/` implements it. */
export interface PropertyCollector {
  readonly type: 'PropertyCollector';
  /** Moref. */
  readonly id: string;
  readonly filters: ReadonlyMap<string, PropertyFilter>;
  readonly openTokens: number;
  /** RetrievePropertiesEx: the first page; undefined where the specs select nothing. */
  retrieve(specSet: readonly XmlElement[], pageSize: number): Data | undefined;
  /** ContinueRetrievePropertiesEx: the next page. */
  continue(token: string): Data;
  /** CancelRetrievePropertiesEx: forgets the token. */
  cancel(token: string): void;
  createFilter(spec: XmlElement): PropertyFilter;
  destroyFilter(id: string): void;
  /** WaitForUpdatesEx: the next UpdateSet; undefined when the wait ends first. */
  waitForUpdates(version: string, options: WaitOptions): Promise<Data | undefined>;
  cancelWaitForUpdates(): void;
  /** Drops filters and tokens, and ends the waits. */
  dispose(): void;
}
