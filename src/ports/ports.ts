import type { ChartPacker } from './chart-packer.js'
import type { ClusterReader, ClusterWriter } from './cluster.js'
import type { HookRunner } from './hooks.js'
import type { HelmCommandLine, HelmReader, HelmWriter } from './helm.js'
import type { Clock, Processes, ProgressSink, Prompter, TextReader } from './outside.js'
import type { KeptRuns } from './kept-runs.js'
import type { Notifier } from './notifier.js'
import type { RawObjectWriter } from './raw-objects.js'
import type { RawStorageReader } from './raw-storage.js'
import type { ReleaseReader, ReleaseStorageWriter } from './releases.js'
import type { RunStores } from './run-store.js'

/** What planning is given: nothing in it can change the cluster. */
export interface ReadPorts {
  helm: HelmReader & HelmCommandLine
  cluster: ClusterReader
  releases: ReleaseReader
  texts: TextReader
  charts: ChartPacker
  clock: Clock
  processes: Processes
  keptRuns: KeptRuns
  progress: ProgressSink
  /** Hides known secrets in any text that leaves the tool. */
  redact: (text: string) => string
}

/** What execute is given besides. */
export interface WritePorts extends ReadPorts {
  helmWriter: HelmWriter
  clusterWriter: ClusterWriter
  rawStorage: RawStorageReader
  releaseWriter: ReleaseStorageWriter
  rawWriter: RawObjectWriter
  runs: RunStores
  hookRunner: HookRunner
  notifier: Notifier
  prompter: Prompter
}
