import {fileNotFound} from '../model/cdrom.js';
import type {DatastoreFile, FolderEntry} from '../model/datastore-files.js';
import {parseDatastorePath} from '../model/datastore-path.js';
import type {Datastore} from '../model/entity.js';
import {hasPrivilege, noPermission} from '../model/permissions.js';
import {type Data, data, dateTime, list, long, reference, string} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';
import {invalidDatastorePath} from './datastore-target.js';
import {invalidArgument, type Method, required, type SessionCall, withPrivilege} from './method.js';
import {startTask} from './task-call.js';

const BROWSE = 'Datastore.Browse';

/** The methods of HostDatastoreBrowser. */
export const datastoreBrowserMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'HostDatastoreBrowser.SearchDatastore_Task',
    withPrivilege(undefined, (call) => {
      const {datastore, folder, results} = searchOf(call);
      return startTask(call, 'HostDatastoreBrowser.search', datastore, () => results(folder));
    }),
  ],
  [
    'HostDatastoreBrowser.SearchDatastoreSubFolders_Task',
    withPrivilege(undefined, (call) => {
      const {datastore, folder, results} = searchOf(call);
      return startTask(call, 'HostDatastoreBrowser.searchRecursive', datastore, () => {
        const first = results(folder);
        const below = datastore.files.foldersBelow(folder).filter((path) => path !== folder);
        return list('HostDatastoreBrowserSearchResults', [first, ...below.sort().map(results)]);
      });
    }),
  ],
]);

interface Search {
  readonly datastore: Datastore;
  readonly folder: string;
  readonly results: (folder: string) => Data;
}

function searchOf(call: SessionCall): Search {
  const {object, vcenter, session, args} = call;
  const datastore =
    object.type === 'HostDatastoreBrowser' ? vcenter.inventory.get(object.datastore) : undefined;
  if (datastore?.type !== 'Datastore') throw invalidArgument('_this');
  if (!hasPrivilege(session.user.role, BROWSE, datastore.id)) throw noPermission(datastore, BROWSE);
  const text = required(args, 'datastorePath');
  const parsed = parseDatastorePath(text);
  if (parsed?.datastore !== datastore.name) throw invalidDatastorePath(text);
  const spec = args.child('searchSpec');
  const results = (folder: string): Data => searchIn(datastore, folder, spec);
  return {datastore, folder: parsed.path, results};
}

function searchIn(datastore: Datastore, folder: string, spec: XmlElement | undefined): Data {
  const folderPath = `[${datastore.name}] ${folder}`;
  if (!datastore.files.hasFolder(folder)) throw fileNotFound(folderPath);
  const matches = patternOf(spec);
  const wanted = queryOf(spec);
  const found = [...datastore.files.in(folder)]
    .filter(({name, file}) => matches(name) && wanted(typeOf(name, file)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return data(
    'HostDatastoreBrowserSearchResults',
    ['datastore', reference(datastore)],
    ['folderPath', string(folderPath)],
    [
      'file',
      list(
        'FileInfo',
        found.map((entry) => fileInfo(entry, spec)),
      ),
    ],
  );
}

function patternOf(spec: XmlElement | undefined): (name: string) => boolean {
  const patterns = spec?.all('matchPattern').map(({text}) => text) ?? [];
  if (patterns.length === 0) return () => true;
  const flags = spec?.textOf('searchCaseInsensitive') === 'true' ? 'i' : '';
  const expressions = patterns.map((pattern) => {
    const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, flags);
  });
  return (name) => expressions.some((expression) => expression.test(name));
}

function queryOf(spec: XmlElement | undefined): (type: string) => boolean {
  const queries = spec?.all('query').map(({type}) => type?.replace(/Query$/, '')) ?? [];
  // A plain FileQuery is one for anything.
  return (type) => queries.length === 0 || queries.includes('File') || queries.includes(type);
}

function typeOf(name: string, file: DatastoreFile | undefined): string {
  if (file === undefined) return 'FolderFile';
  if (name.endsWith('.iso')) return 'IsoImageFile';
  return name.endsWith('.vmx') ? 'VmConfigFile' : 'File';
}

/** Only what the client asked for, as a server does: without `details` a name is all. */
function fileInfo({name, modified, file}: FolderEntry, spec: XmlElement | undefined): Data {
  const details = spec?.child('details');
  const asked = (flag: string): boolean => details?.textOf(flag) === 'true';
  const type = asked('fileType') ? typeOf(name, file) : 'File';
  return data(
    `${type}Info`,
    ['path', string(name)],
    ['fileSize', asked('fileSize') ? long(file?.size ?? 0) : undefined],
    ['modification', asked('modification') ? dateTime(modified) : undefined],
    ['owner', asked('fileOwner') ? string('root') : undefined],
  );
}
