import type { ClusterReader, ClusterWriter } from './cluster.js'
import type { HelmCommandLine, HelmReader, HelmWriter } from './helm.js'
import type { Clock, ProgressSink, Prompter, TextReader } from './outside.js'
import type { RawStorageReader } from './raw-storage.js'
import type { ReleaseReader } from './releases.js'
import type { RunStores } from './run-store.js'

/** What planning is given: nothing in it can change the cluster. */
export interface ReadPorts {
  helm: HelmReader & HelmCommandLine
  cluster: ClusterReader
  releases: ReleaseReader
  texts: TextReader
  clock: Clock
  progress: ProgressSink
  /** Hides known secrets in any text that leaves the tool. */
  redact: (text: string) => string
}

/** What execute is given besides. */
export interface WritePorts extends ReadPorts {
  helmWriter: HelmWriter
  clusterWriter: ClusterWriter
  rawStorage: RawStorageReader
  runs: RunStores
  prompter: Prompter
}
