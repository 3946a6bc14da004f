/** What a bed is made of, and how each program is built from test/bed/tools/go.mod. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Binary {
  name: string
  package: string
  /** `-X` flags: without a version kube-apiserver calls itself v0.0.0 and charts' kubeVersion refuses it. */
  stamps: string[]
}

export const buildEnvironment = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' }

/** The programs, with the versions that `goMod` (the text of go.mod) names. */
export function binaries(goMod: string): Binary[] {
  const version = (module: string): string => moduleVersion(goMod, module)
  const kubernetes = version('k8s.io/kubernetes')
  const [major = '', minor = ''] = kubernetes.slice(1).split('.')
  const stamp = 'k8s.io/component-base/version'
  const kubeStamps = [
    `${stamp}.gitVersion=${kubernetes}`,
    `${stamp}.gitMajor=${major}`,
    `${stamp}.gitMinor=${minor}`,
  ]
  const kube = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl']
  const helm = ['v3', 'v4'].map((line) => ({
    name: `helm${line.slice(1)}`,
    package: `helm.sh/helm/${line}/cmd/helm`,
    stamps: [`helm.sh/helm/${line}/internal/version.version=${version(`helm.sh/helm/${line}`)}`],
  }))
  return [
    ...kube.map((name) => ({ name, package: `k8s.io/kubernetes/cmd/${name}`, stamps: kubeStamps })),
    ...helm,
    { name: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', stamps: [] },
    { name: 'etcd', package: 'go.etcd.io/etcd/server/v3', stamps: [] },
  ]
}

/** The arguments of `go` that build `binary` into `file`. */
export function buildArgs(binary: Binary, file: string): string[] {
  const linking = ['-s', '-w', ...binary.stamps.map((stamp) => `-X ${stamp}`)].join(' ')
  return ['build', '-trimpath', '-ldflags', linking, '-o', file, binary.package]
}

/** A short key that changes with anything the binaries depend on. */
export function buildKey(toolsFolder: string, goVersion: string): string {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum']) hash.update(readFileSync(join(toolsFolder, name)))
  const goMod = readFileSync(join(toolsFolder, 'go.mod'), 'utf8')
  hash.update(JSON.stringify([binaries(goMod).map((binary) => buildArgs(binary, '')), buildEnvironment]))
  hash.update(goVersion)
  return hash.digest('hex').slice(0, 16)
}

function moduleVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((text) =>
    text
      .trim()
      .replace(/^require /, '')
      .startsWith(`${module} v`),
  )
  const version = line
    ?.trim()
    .replace(/^require /, '')
    .split(' ')[1]
  if (!version) throw new Error(`test/bed/tools/go.mod requires no ${module}`)
  return version
}
