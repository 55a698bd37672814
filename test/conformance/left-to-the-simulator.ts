/** What vcsim cannot show, and so is shown on the embedded simulator only. The suite prints it. */
export const LEFT_TO_THE_SIMULATOR: readonly string[] = [
  'a changeVersion that does not match is refused (ConcurrentAccess): vcsim does not compare it',
  'pages of 100 when maxObjects is unset: vcsim pages only when asked to',
  'guestinfo.* keys written to a running VM are gone after power-off: vcsim keeps them',
  'a property the role may not read (missingSet with NoPermission): vcsim enforces no permission',
  'a running VM that refuses writes (InvalidPowerState): vcsim takes them all',
  'a session that expires during a run: vcsim only ends sessions on request',
  'disconnected, orphaned and inaccessible VMs: vcsim has no way to make one',
  'faults of tasks, lost replies and dropped connections: vcsim cannot be told to',
  'a line of ours among the events of an appliance: vcsim has no LogUserEvent',
];
