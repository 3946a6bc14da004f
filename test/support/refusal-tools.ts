/** What makes a refusal: a reader of the cluster, another server, a full disk, a terminal that says no. */
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chartsFolder, type MeshOnBed } from './mesh-on-bed.js'
import { mustRun, runProgram } from './run-program.js'

interface Kubeconfig {
  clusters: { cluster: Record<string, unknown> }[]
  users: { user: Record<string, unknown> }[]
}

/** A copy of the bed's kubeconfig, changed; returns the file. */
export async function changedKubeconfig(
  { bed }: MeshOnBed,
  name: string,
  change: (config: Kubeconfig) => void,
): Promise<string> {
  const text = await mustRun('kubectl', ['config', 'view', '--raw', '-o', 'json'], { env: bed.env })
  const config = JSON.parse(text) as Kubeconfig
  change(config)
  const file = join(bed.dir, name)
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 })
  return file
}

const rbac = 'rbac.authorization.k8s.io'

/** A ServiceAccount that may do what the rules say, everywhere; returns a kubeconfig with its token. */
export async function loginOf(
  mesh: MeshOnBed,
  name: string,
  rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[],
): Promise<string> {
  const { env } = mesh
  const account = { kind: 'ServiceAccount', name, namespace: 'default' }
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'default' } },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [account],
    },
  ]
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  await mustRun('kubectl', ['create', '-f', '-'], { env, input })
  const token = (await mustRun('kubectl', ['create', 'token', name, '-n', 'default'], { env })).trim()
  return changedKubeconfig(mesh, `${name}.kubeconfig`, ({ users }) => {
    for (const each of users) each.user = { token }
  })
}

/** A chart with one ConfigMap, and with `hook=true` a hook before upgrades whose pod fits nowhere. */
export function smallChart(folder: string, name: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, 'templates'), { recursive: true })
  writeFileSync(join(path, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: 0.10.0\n`)
  writeFileSync(join(path, 'values.yaml'), 'hook: false\n')
  writeFileSync(
    join(path, 'templates', 'all.yaml'),
    `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data: {}
{{- if .Values.hook }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: ${name}
  annotations:
    helm.sh/hook: pre-upgrade
spec:
  template:
    metadata:
      annotations:
        bed.mesh-upgrade.dev/state: pending-forever
    spec:
      restartPolicy: Never
      containers:
        - name: hook
          image: registry.example.com/hook:1
{{- end }}
`,
  )
  return path
}

/** The mesh's chart 0.9.2 under an older version. */
export function olderChart(folder: string): void {
  cpSync(join(chartsFolder, '0.9.2'), folder, { recursive: true })
  const file = join(folder, 'Chart.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^version: .*$/m, 'version: 0.9.1'))
}

/** No helm but a script that says a version: a fake, since no such helm is built with the bed. */
export function fakeHelm({ bed }: MeshOnBed, version: string): string {
  const file = join(bed.dir, `helm-${version}`)
  writeFileSync(file, `#!/bin/sh\necho ${version}\n`)
  chmodSync(file, 0o755)
  return file
}

/** A PATH with our plugin, kubectl and node, and no helm. */
export function pathWithoutHelm({ bed }: MeshOnBed, kubectl: string): string {
  const folder = join(bed.dir, 'no-helm')
  mkdirSync(folder)
  symlinkSync(process.execPath, join(folder, 'node'))
  symlinkSync(kubectl, join(folder, 'kubectl'))
  return [folder, join(bed.dir, 'plugins')].join(':')
}

/** Words before a command that give it a file system of its own at `folder`: tiny, or read-only. */
export function onOwnDisk(folder: string, options: string): string[] {
  const script = `mount -t tmpfs -o ${options} tmpfs "$0" && exec "$@"`
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, folder]
}

/** Undefined where this machine lets us mount in a namespace of our own; else why not. */
export async function whyNoOwnDisk(folder: string): Promise<string | undefined> {
  const [program = '', ...words] = [...onOwnDisk(folder, 'size=16k'), 'true']
  const ran = await runProgram(program, words).catch((error: Error) => ({
    exitCode: 1,
    stderr: error.message,
  }))
  return ran.exitCode === 0 ? undefined : `no mount in a namespace of its own here: ${ran.stderr.trim()}`
}

/** Runs a shell line on a terminal of its own and types the answer when it is asked for. */
export function onTerminal(
  line: string,
  { asked, answer, env }: { asked: RegExp; answer: string; env: Record<string, string> },
): Promise<{ exitCode: number | null; screen: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 60_000,
    })
    let [screen, answered] = ['', false]
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text
      if (answered || !asked.test(screen)) return
      answered = true
      child.stdin.write(answer)
    })
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, screen }))
  })
}

/** Words before a command without which root reads every file. */
export const asOrdinaryReader: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []
