import type {Cdrom} from './cdrom.js';
import type {ExtraConfig} from './extra-config.js';
import type {PowerState} from './vm-state.js';

/** What `VirtualMachineConfigInfo` shows: of a VM as it is, or of one as it was when a snapshot was made. */
export interface ConfigView {
  readonly name: string;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly template: boolean;
  readonly vmPathName: string;
  readonly changeVersion: string;
  readonly modified: number;
  readonly annotation: string;
  readonly alternateGuestName: string;
  readonly cdrom: Cdrom | undefined;
  readonly extraConfig: ExtraConfig;
}

/** A copy that later changes of the VM do not reach. */
export function frozenConfig(view: ConfigView): ConfigView {
  const {name, uuid, instanceUuid, template, vmPathName, changeVersion, modified} = view;
  const {annotation, alternateGuestName, cdrom} = view;
  return {
    ...{name, uuid, instanceUuid, template, vmPathName, changeVersion, modified},
    ...{annotation, alternateGuestName, cdrom},
    extraConfig: view.extraConfig.clone(),
  };
}

/** What a snapshot keeps of its VM. */
export interface SnapshotState {
  readonly config: ConfigView;
  /** Keys that live in the memory of the running VM, where the memory is part of the snapshot. */
  readonly volatile: ReadonlySet<string>;
  /** Of the VM after a revert: only a snapshot with memory can bring it back running. */
  readonly powerState: PowerState;
}

/** A VirtualMachineSnapshot. */
export interface Snapshot extends SnapshotState {
  readonly type: 'VirtualMachineSnapshot';
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly description: string;
  readonly createTime: number;
  readonly quiesced: boolean;
  readonly vm: {readonly type: string; readonly id: string};
  parent: Snapshot | undefined;
  readonly children: Set<Snapshot>;
}

/** The snapshots of one VM: a tree, and where in it the VM stands. */
export class SnapshotTree {
  readonly roots = new Set<Snapshot>();
  #current: Snapshot | undefined;

  get current(): Snapshot | undefined {
    return this.#current;
  }

  get isEmpty(): boolean {
    return this.roots.size === 0;
  }

  /** Adds a snapshot below the current one, and makes it the current one. */
  add(make: (parent: Snapshot | undefined) => Snapshot): Snapshot {
    const snapshot = make(this.#current);
    this.#siblingsOf(snapshot).add(snapshot);
    this.#current = snapshot;
    return snapshot;
  }

  /** The VM has been put back to this one. */
  revertedTo(snapshot: Snapshot): void {
    this.#current = snapshot;
  }

  /** Takes a snapshot out, with or without what is below it; gives all that went. */
  remove(snapshot: Snapshot, withChildren: boolean): Snapshot[] {
    const gone = withChildren ? [...below(snapshot)] : [snapshot];
    this.#siblingsOf(snapshot).delete(snapshot);
    if (!withChildren) {
      for (const child of snapshot.children) {
        child.parent = snapshot.parent;
        this.#siblingsOf(child).add(child);
      }
    }
    while (this.#current !== undefined && gone.includes(this.#current)) this.#current = this.#current.parent;
    return gone;
  }

  /** Takes all of them out. */
  clear(): Snapshot[] {
    const gone = [...this.roots].flatMap((root) => [...below(root)]);
    this.roots.clear();
    this.#current = undefined;
    return gone;
  }

  #siblingsOf(snapshot: Snapshot): Set<Snapshot> {
    return snapshot.parent?.children ?? this.roots;
  }
}

function* below(snapshot: Snapshot): Generator<Snapshot> {
  yield snapshot;
  for (const child of snapshot.children) yield* below(child);
}
