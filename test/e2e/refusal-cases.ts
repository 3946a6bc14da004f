/** What an upgrade refuses, case by case; `refusals.test.ts` runs them. */
import { join } from 'node:path'
import { chartsFolder, notesFolder, type MeshOnBed } from '../support/mesh-on-bed.js'
import { asOrdinaryReader, fakeHelm, pathWithoutHelm } from '../support/refusal-tools.js'

export const notes = ['--release-notes', notesFolder]
export const target = join(chartsFolder, '0.10.0')

/** Where things are that exist only once the bed is up. */
export interface Places {
  mesh: MeshOnBed
  /** Of the real program. */
  kubectl: string
  file: (name: string) => string
  /** Kubeconfigs: of a server that is not there, and of a login that may only read. */
  refused: string
  reader: string
}

export interface Blocker {
  words: () => readonly string[]
  code: string
  says: RegExp
  helps: RegExp
}

/** An error before the first change: exit code 1 unless told otherwise. */
export interface Refusal {
  words: () => readonly string[]
  env?: () => Record<string, string>
  /** Words before `kubectl`. */
  before?: () => readonly string[]
  code: string
  exitCode?: number
  says: RegExp
  helps: RegExp
}

/** Errors that end an upgrade before its first change. */
export function errorCases(at: Places): Record<string, Refusal> {
  return {
    'a server that is not there': {
      words: () => ['osm', target, '--kubeconfig', at.refused],
      code: 'ClusterUnreachable',
      says: /reach the API server 127\.0\.0\.1:1: connection refused/,
      helps: /kubectl --kubeconfig \S+refused\.kubeconfig --context \S+ get --raw \/version$/,
    },
    'a context that is not there': {
      words: () => ['osm', target, '--context', 'nope'],
      code: 'ContextUnknown',
      says: /context nope is not in kubeconfig \S+$/,
      helps: /kubectl config get-contexts/,
    },
    'a kubeconfig that is not there': {
      words: () => ['osm', target, '--kubeconfig', at.file('absent')],
      code: 'KubeconfigUnreadable',
      says: /read kubeconfig \S+absent: there is no such file or folder$/,
      helps: /--kubeconfig FILE/,
    },
    'a KUBECONFIG that is not there': {
      words: () => ['osm', target],
      env: () => ({ KUBECONFIG: at.file('absent') }),
      code: 'KubeconfigUnreadable',
      says: /there is no kubeconfig \S+absent$/,
      helps: /KUBECONFIG=FILE/,
    },
    'a kubeconfig that is no YAML': {
      words: () => ['osm', target, '--kubeconfig', at.file('broken.yaml')],
      code: 'KubeconfigUnreadable',
      says: /read kubeconfig \S+broken\.yaml: it is no YAML: .*line \d+/,
      helps: /--kubeconfig FILE/,
    },
    'a kubeconfig that is something else': {
      words: () => ['osm', target, '--kubeconfig', at.file('text.yaml')],
      code: 'KubeconfigUnreadable',
      says: /text\.yaml: it is no kubeconfig$/,
      helps: /--kubeconfig FILE/,
    },
    'a kubeconfig that may not be read': {
      before: () => asOrdinaryReader,
      words: () => ['osm', target, '--kubeconfig', at.file('locked.yaml')],
      code: 'KubeconfigUnreadable',
      says: /locked\.yaml: permission denied$/,
      helps: /--kubeconfig FILE/,
    },
    'a release that is not there': {
      words: () => ['nope', target],
      code: 'ReleaseAbsent',
      says: /helm has no release nope in any namespace$/,
      helps: /helm list -A/,
    },
    'a release that is somewhere else': {
      words: () => ['osm', target, '-n', 'default'],
      code: 'ReleaseAbsent',
      says: /helm has no release osm in namespace default$/,
      helps: /Did you mean: kubectl mesh-upgrade osm -n osm-system$/,
    },
    'a chart that is not there': {
      words: () => ['osm', './nowhere'],
      code: 'ChartUnreadable',
      says: /read chart \.\/nowhere: there is no such file or folder/,
      helps: /ls -d \.\/nowhere/,
    },
    'a repository that helm does not know': {
      words: () => ['osm', 'nope/osm'],
      code: 'ChartUnreadable',
      says: /no such repository in your helm configuration/,
      helps: /helm repo list.*helm repo add nope URL/,
    },
    'a chart that its repository does not have': {
      words: () => ['osm', 'osm/nope'],
      code: 'ChartUnreadable',
      says: /read chart osm\/nope: the repository \S+ has no chart nope$/,
      helps: /helm search repo osm\//,
    },
    'a repository that does not answer': {
      words: () => ['osm', 'osm', '--repo', 'http://127.0.0.1:1/charts'],
      code: 'RepositoryUnreadable',
      says: /127\.0\.0\.1:1\/charts.*connection refused/s,
      helps: /curl -fsS http:\/\/127\.0\.0\.1:1\/charts\/index\.yaml/,
    },
    'a version that its repository does not have': {
      words: () => ['osm', '--to', '0.99.0'],
      code: 'VersionUnknown',
      says: /no version of osm at \S+ fits 0\.99\.0$/,
      helps: /--to VERSION: .*0\.10\.0/,
    },
    'a version that the named chart is not': {
      words: () => ['osm', target, '--to', '0.99.0'],
      code: 'VersionUnknown',
      says: /is version 0\.10\.0, not 0\.99\.0$/,
      helps: /--to VERSION: 0\.10\.0/,
    },
    'a values file that is no YAML': {
      words: () => ['osm', target, '-f', at.file('broken.yaml')],
      code: 'ValuesInvalid',
      says: /merge the values: failed to parse \S+broken\.yaml: .*line \d+/,
      helps: /^Mend the file \S+broken\.yaml, then/,
    },
    'a values file that is not there': {
      words: () => ['osm', target, '-f', at.file('absent.yaml')],
      code: 'ValuesInvalid',
      says: /absent\.yaml: no such file/,
      helps: /^Mend the file \S+absent\.yaml/,
    },
    'a --set that cannot be read': {
      words: () => ['osm', target, '--set', 'a[=1'],
      code: 'ValuesInvalid',
      says: /merge the values: failed parsing --set data/,
      helps: /^Mend what stands after --set \(key=value/,
    },
    'a helm that is not there': {
      words: () => ['osm', target],
      env: () => ({ HELM_BIN: at.file('absent') }),
      code: 'HelmUnusable',
      says: /run \S+absent: there is no such program$/,
      helps: /Install helm 3\.18.*HELM_BIN=/,
    },
    'a helm that is no program': {
      words: () => ['osm', target],
      env: () => ({ HELM_BIN: at.file('no-program') }),
      code: 'HelmUnusable',
      says: /no-program: it may not be run \(permission denied\)$/,
      helps: /HELM_BIN=/,
    },
    'a PATH without helm': {
      words: () => ['osm', target],
      env: () => ({ HELM_BIN: '', PATH: pathWithoutHelm(at.mesh, at.kubectl) }),
      code: 'HelmUnusable',
      says: /run helm: there is no such program on the PATH$/,
      helps: /Install helm/,
    },
    'helm 3.10 (a fake that prints this version)': {
      words: () => ['osm', target],
      env: () => ({ HELM_BIN: fakeHelm(at.mesh, 'v3.10.0') }),
      code: 'HelmUnusable',
      says: /is helm v3\.10\.0, which is not supported$/,
      helps: /Install helm 3\.18 or newer, or helm 4\.2 or newer/,
    },
    'helm 4.0 (a fake that prints this version)': {
      words: () => ['osm', target],
      env: () => ({ HELM_BIN: fakeHelm(at.mesh, 'v4.0.1') }),
      code: 'HelmUnusable',
      says: /is helm v4\.0\.1, which is not supported$/,
      helps: /helm 4\.2 or newer/,
    },
    'nobody to ask': {
      words: () => ['osm', target, ...notes],
      code: 'NoTerminal',
      exitCode: 4,
      says: /there is no terminal, so that nobody can answer$/,
      helps: /--dry-run, then say --yes/,
    },
    "nobody to ask, in okctl's words": {
      words: () => ['osm', target, ...notes, '--debug=false', '--dry-run=false', '--confirm=false'],
      code: 'NoTerminal',
      exitCode: 4,
      says: /there is no terminal/,
      helps: /--yes/,
    },
    'a state folder that is a file': {
      words: () => ['osm', target, ...notes, '--yes'],
      env: () => ({ XDG_STATE_HOME: at.file('text.yaml') }),
      code: 'RunFolderUnwritable',
      says: /make the folder of this run, \S+: \S+text\.yaml is no folder$/,
      helps: /export XDG_STATE_HOME=/,
    },
  }
}

/** Findings that block. */
export function blockerCases(at: Places): Record<string, Blocker> {
  return {
    'a release that is pending': {
      words: () => ['stuck', at.file('stuck')],
      code: 'MU601',
      says: /release stuck is pending-upgrade \(revision 2\)/,
      helps: /helm rollback stuck 1 -n default/,
    },
    'a chart of something else': {
      words: () => ['osm', at.file('other')],
      code: 'MU304',
      says: /release osm is of chart osm, but \S+other is chart other/,
      helps: /kubectl mesh-upgrade osm -n osm-system/,
    },
    'a value that the schema does not know': {
      words: () => ['osm', target, '--set', 'OpenServiceMesh.image.bogus=1'],
      code: 'MU120',
      says: /does not render with these values.*schema/s,
      helps: /--set or -f/,
    },
    'another meshName': {
      words: () => ['osm', target, '--set', 'OpenServiceMesh.meshName=other'],
      code: 'MU110',
      says: /meshName would change from "osm" to "other"/,
      helps: /--set OpenServiceMesh\.meshName=osm/,
    },
    'a downgrade': {
      words: () => ['osm', at.file('older')],
      code: 'MU301',
      says: /is a downgrade/,
      helps: /helm history/,
    },
    'too many minors by a chart of which no other version is known': {
      words: () => ['osm', join(chartsFolder, '0.11.1')],
      code: 'MU302',
      says: /is too far/,
      helps: /kubectl mesh-upgrade osm -n osm-system --to 0\.10$/m,
    },
    'a login that may only read': {
      words: () => ['osm', target, '--kubeconfig', at.reader],
      code: 'MU501',
      says: /you do not have \d+ permissions of this upgrade/,
      helps: /kubectl --kubeconfig \S+reader\.kubeconfig auth can-i \S+ \S+/,
    },
  }
}
