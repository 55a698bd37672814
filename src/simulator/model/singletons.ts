/** A managed object of which the server has exactly one. */
export interface Singleton {
  readonly type:
    | 'ServiceInstance'
    | 'SessionManager'
    | 'ViewManager'
    | 'AuthorizationManager'
    | 'SearchIndex'
    | 'TaskManager'
    | 'FileManager'
    | 'VirtualDiskManager'
    | 'EventManager'
    | 'PropertyCollector';
  readonly id: string;
}

/**
 * The server's own objects by their moref. The shared property collector stands here too, for calls without
 * a session; with one, the session's own state behind the same moref comes first.
 */
export const SINGLETONS: ReadonlyMap<string, Singleton> = new Map(
  (
    [
      {type: 'ServiceInstance', id: 'ServiceInstance'},
      {type: 'SessionManager', id: 'SessionManager'},
      {type: 'ViewManager', id: 'ViewManager'},
      {type: 'AuthorizationManager', id: 'AuthorizationManager'},
      {type: 'SearchIndex', id: 'SearchIndex'},
      {type: 'TaskManager', id: 'TaskManager'},
      {type: 'FileManager', id: 'FileManager'},
      {type: 'VirtualDiskManager', id: 'virtualDiskManager'},
      {type: 'EventManager', id: 'EventManager'},
      {type: 'PropertyCollector', id: 'propertyCollector'},
    ] satisfies Singleton[]
  ).map((object) => [object.id, object]),
);
