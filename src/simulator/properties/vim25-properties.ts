/**
 * The property names that vim25 knows for the types served here, and that the simulator may leave unset. A
 * path that starts with none of these is an InvalidProperty. Source: the API reference of vSphere.
 */
export const VIM25_PROPERTIES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    AuthorizationManager: 'description privilegeList roleList',
    ClusterComputeResource:
      'actionHistory alarmActionsEnabled availableField configIssue configManagerEnabled ' +
      'configStatus configuration configurationEx customValue datastore declaredAlarmState ' +
      'disabledMethod drsFault drsRecommendation effectiveRole environmentBrowser hciConfig host ' +
      'lifecycleManaged migrationHistory name network networkBootMode overallStatus parent ' +
      'permission recentTask recommendation resourcePool summary summaryEx tag triggeredAlarmState ' +
      'value',
    ContainerView: 'container recursive type view',
    Datacenter:
      'alarmActionsEnabled availableField configIssue configStatus configuration customValue ' +
      'datastore datastoreFolder declaredAlarmState disabledMethod effectiveRole hostFolder name ' +
      'network networkFolder overallStatus parent permission recentTask tag triggeredAlarmState ' +
      'value vmFolder',
    Datastore:
      'alarmActionsEnabled availableField browser capability configIssue configStatus customValue ' +
      'declaredAlarmState disabledMethod effectiveRole host info iormConfiguration name ' +
      'overallStatus parent permission recentTask summary tag triggeredAlarmState value vm',
    DatastoreSummary:
      'accessible capacity datastore freeSpace maintenanceMode multipleHostAccess name type ' +
      'uncommitted url',
    EventHistoryCollector: 'filter initialized latestPage',
    EventManager: 'description latestEvent maxCollector',
    Folder:
      'alarmActionsEnabled availableField childEntity childType configIssue configStatus ' +
      'customValue declaredAlarmState disabledMethod effectiveRole externallyManagedFolderInfo name ' +
      'namespace overallStatus parent permission recentTask tag triggeredAlarmState value',
    GuestInfo:
      'appHeartbeatStatus appState customizationInfo disk generationInfo guestDetailedData ' +
      'guestFamily guestFullName guestId guestKernelCrashed guestOperationsReady guestRebootStatus ' +
      'guestState guestStateChangeSupported hostName hwVersion interactiveGuestOperationsReady ' +
      'ipAddress ipStack net screen toolsInstallType toolsRunningStatus toolsStatus toolsVersion ' +
      'toolsVersionStatus toolsVersionStatus2',
    HostConfigInfo:
      'activeDiagnosticPartition adminDisabled assignableHardwareBinding autoStart cacheConfigurationInfo ' +
      'capabilities certificate consoleReservation datastorePrincipal datetimeSystem domainList ' +
      'fileSystemVolume firewall flags graphicsConfig graphicsInfo host hyperThread ioFilterInfo ' +
      'localDatastore lockdownMode multipathState network offloadCapabilities option optionDef pciPassthruInfo ' +
      'powerSystemCapability powerSystemInfo product ptsOptimizations script service sharedGpuCapabilities sharedPassthruGpuTypes ' +
      'sslThumbprintData sslThumbprintInfo storageDevice systemFile systemResources systemSwapConfiguration ' +
      'vFlashConfigInfo vMotion virtualMachineReservation virtualNicManagerInfo vmotion vsanHostConfig wakeOnLanCapable',
    HostConfigSummary:
      'agentVmDatastore agentVmNetwork faultToleranceEnabled featureVersion name port product sslThumbprint vmotionEnabled',
    HostDatastoreBrowser: 'datastore supportedType',
    HostListSummary:
      'config currentEVCGraphicsModeKey currentEVCModeKey customValue gateway hardware host ' +
      'maintenanceModeRequired managementServerIp maxEVCModeKey overallStatus quickStats ' +
      'rebootRequired rebootRequiredReason runtime tpmAttestation trustAuthorityAttestationInfos',
    HostRuntimeInfo:
      'bootTime connectionState cryptoKeyId cryptoState dasHostState healthSystemRuntime ' +
      'hostMaxVirtualDiskCapacity inMaintenanceMode inQuarantineMode networkRuntimeInfo ' +
      'partialMaintenanceMode podVMInfo powerState standbyMode stateEncryption ' +
      'statelessNvdsMigrationReady tpmPcrValues vFlashResourceRuntimeInfo vsanRuntimeInfo',
    HostSystem:
      'alarmActionsEnabled answerFileValidationResult answerFileValidationState availableField ' +
      'capability complianceCheckResult complianceCheckState config configIssue configManager ' +
      'configStatus customValue datastore datastoreBrowser declaredAlarmState disabledMethod ' +
      'effectiveRole hardware licensableResource name network overallStatus parent permission ' +
      'precheckRemediationResult recentTask remediationResult remediationState runtime summary ' +
      'systemResources tag triggeredAlarmState value vm',
    ListView: 'view',
    PropertyCollector: 'filter',
    PropertyFilter: 'partialUpdates spec',
    ResourcePool:
      'alarmActionsEnabled availableField childConfiguration config configIssue configStatus ' +
      'customValue declaredAlarmState disabledMethod effectiveRole name namespace overallStatus ' +
      'owner parent permission recentTask resourcePool runtime summary tag triggeredAlarmState ' +
      'value vm',
    ServiceInstance: 'capability content serverClock',
    SessionManager: 'currentSession defaultLocale message messageLocaleList sessionList supportedLocaleList',
    Task: 'availableField info value',
    TaskInfo:
      'activationId cancelable cancelled changeTag completeTime description descriptionId entity ' +
      'entityName error eventChainId key locked name parentTaskKey progress progressDetails ' +
      'queueTime reason result rootTaskKey startTime state task',
    TaskManager: 'description maxCollector recentTask',
    ViewManager: 'viewList',
    VirtualApp:
      'alarmActionsEnabled availableField childConfiguration childLink config configIssue ' +
      'configStatus customValue datastore declaredAlarmState disabledMethod effectiveRole name ' +
      'namespace network overallStatus owner parent parentFolder parentVApp permission recentTask ' +
      'resourcePool runtime summary tag triggeredAlarmState vAppConfig value vm',
    VirtualHardware:
      'autoCoresPerSocket device memoryMB motherboardLayout numCPU numCoresPerSocket ' +
      'simultaneousThreads virtualICH7MPresent virtualSMCPresent',
    VirtualMachine:
      'alarmActionsEnabled availableField capability config configIssue configStatus customValue ' +
      'datastore declaredAlarmState disabledMethod effectiveRole environmentBrowser guest ' +
      'guestHeartbeatStatus layout layoutEx name network overallStatus parent parentVApp permission ' +
      'recentTask resourceConfig resourcePool rootSnapshot runtime snapshot storage summary tag ' +
      'triggeredAlarmState value',
    VirtualMachineConfigInfo:
      'alternateGuestName annotation bootOptions changeTrackingEnabled changeVersion ' +
      'consolePreferences contentLibItemInfo cpuAffinity cpuAllocation cpuFeatureMask ' +
      'cpuHotAddEnabled cpuHotRemoveEnabled createDate datastoreUrl defaultPowerOps deviceGroups ' +
      'deviceSwap extraConfig files firmware fixedPassthruHotPlugEnabled flags forkConfigInfo ' +
      'ftEncryptionMode ftInfo guestArchitecture guestAutoLockEnabled guestFullName guestId ' +
      'guestIntegrityInfo guestMonitoringModeInfo hardware hotPlugMemoryIncrementSize ' +
      'hotPlugMemoryLimit initialOverhead instanceUuid keyId latencySensitivity locationId ' +
      'managedBy maxMksConnections memoryAffinity memoryAllocation memoryHotAddEnabled ' +
      'memoryReservationLockedToMax messageBusTunnelEnabled metroFtEnabled metroFtHostGroup ' +
      'migrateEncryption modified name nestedHVEnabled networkShaper npivDesiredNodeWwns ' +
      'npivDesiredPortWwns npivNodeWorldWideName npivOnNonRdmDisks npivPortWorldWideName ' +
      'npivTemporaryDisabled npivWorldWideNameType numaInfo pmem pmemFailoverEnabled rebootPowerOff ' +
      'repConfig scheduledHardwareUpgradeInfo sevEnabled sevSnpEnabled sgxInfo swapPlacement ' +
      'swapStorageObjectId tdxEnabled template tools uuid vAppConfig vAssertsEnabled ' +
      'vFlashCacheReservation vPMCEnabled vcpuConfig version vmOpNotificationTimeout ' +
      'vmOpNotificationToAppEnabled vmStorageObjectId vmxConfigChecksum vmxRuntimeConfig ' +
      'vmxStatsCollectionEnabled',
    VirtualMachineConfigSummary:
      'annotation cpuReservation ftInfo guestFullName guestId hwVersion installBootRequired ' +
      'instanceUuid managedBy memoryReservation memorySizeMB name numCpu numEthernetCards ' +
      'numVirtualDisks numVmiopBackings product template tpmPresent uuid vmPathName',
    VirtualMachineFileInfo: 'ftMetadataDirectory logDirectory snapshotDirectory suspendDirectory vmPathName',
    VirtualMachineRuntimeInfo:
      'bootTime cleanPowerOff connectionState consolidateWorkDone consolidateWorkTotal ' +
      'consolidationNeeded cryptoState dasVmProtection device diskChainBroken faultToleranceState ' +
      'featureMask featureRequirement host instantCloneFrozen iommuActive maxCpuUsage ' +
      'maxMemoryUsage memoryOverhead minRequiredEVCModeKey needSecondaryReason numMksConnections ' +
      'offlineFeatureRequirement onlineStandby opNotificationTimeout paused powerState question ' +
      'quiescedForkParent recordReplayState snapshotInBackground suspendInterval suspendTime ' +
      'suspendedToMemory toolsInstallerMounted vFlashCacheAllocation vmFailoverInProgress',
    VirtualMachineSnapshot: 'availableField childSnapshot config value vm',
    VirtualMachineSnapshotInfo: 'currentSnapshot rootSnapshotList',
    VirtualMachineSummary: 'config customValue guest overallStatus quickStats runtime storage vm',
  }).map(([type, names]) => [type, new Set(names.split(' '))]),
);
