import {fileNotFound} from '../model/cdrom.js';
import {folderOf} from '../model/datastore-path.js';
import {VimFault} from '../soap/fault.js';
import {string} from '../soap/value.js';
import {type DatastoreTarget, namedTarget, requirePresent, userOf} from './datastore-target.js';
import {type Method, type SessionCall, withPrivilege} from './method.js';
import {startTask} from './task-call.js';

const FILE_MANAGEMENT = 'Datastore.FileManagement';

/** The methods of FileManager. */
export const fileManagerMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'FileManager.DeleteDatastoreFile_Task',
    withPrivilege(undefined, (call) => {
      const target = namedTarget(call, FILE_MANAGEMENT);
      return startTask(call, 'FileManager.deleteFile', target.datastore, () => {
        requirePresent(target);
        requireUnused(call, target);
        target.datastore.files.delete(target.path);
        call.vcenter.inventory.changes.changed(target.datastore.id);
        return undefined;
      });
    }),
  ],
  [
    'FileManager.MakeDirectory',
    withPrivilege(undefined, (call) => {
      const {datastore, path} = namedTarget(call, FILE_MANAGEMENT);
      const {files} = datastore;
      const full = `[${datastore.name}] ${path}`;
      if (files.has(path) || files.hasFolder(path)) {
        throw new VimFault('FileAlreadyExists', `The specified key, name, or identifier already exists.`, [
          ['file', string(full)],
        ]);
      }
      if (call.args.textOf('createParentDirectories') !== 'true' && !files.hasFolder(folderOf(path)))
        throw fileNotFound(full);
      files.makeFolder(path);
      return {};
    }),
  ],
]);

function requireUnused(call: SessionCall, {datastore, path}: DatastoreTarget): void {
  for (const file of datastore.files.filesAt(path)) {
    if (userOf(call.vcenter, {datastore, path: file}) === undefined) continue;
    const full = `[${datastore.name}] ${file}`;
    throw new VimFault('FileLocked', `Unable to access file ${full} since it is locked`, [
      ['file', string(full)],
    ]);
  }
}
