/** The command lines of a bed's programs. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Slot } from './slot.js'

export interface ControlPlane {
  /** The bed's folder. */
  dir: string
  slot: Slot
  /** Whether kube-apiserver writes `audit.log`. */
  audit: boolean
}

type CommandLine = (plane: ControlPlane) => string[]

const local = '127.0.0.1'
const stagesFolder = fileURLToPath(new URL('stages', import.meta.url))
// With the default (20 a second) a thousand pods take over a minute.
const unthrottled = ['--kube-api-qps=2000', '--kube-api-burst=4000']

export const etcdArgs: CommandLine = ({ dir, slot }) => {
  const client = `http://${local}:${slot.ports.etcd}`
  const peer = `http://${local}:${slot.ports.etcdPeer}`
  return [
    '--name=bed',
    `--data-dir=${join(dir, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=bed=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]
}

export const apiServerArgs: CommandLine = ({ dir, slot, audit }) => {
  const pki = (name: string): string => join(dir, 'pki', name)
  return [
    `--etcd-servers=http://${local}:${slot.ports.etcd}`,
    `--secure-port=${slot.ports.apiServer}`,
    `--bind-address=${local}`,
    // A documentation address: nobody dials it, and a machine without a network has no other to offer.
    '--advertise-address=192.0.2.1',
    '--endpoint-reconciler-type=none',
    `--tls-cert-file=${pki('api-server.crt')}`,
    `--tls-private-key-file=${pki('api-server.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    `--service-cluster-ip-range=${slot.serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    `--kubelet-client-certificate=${pki('kubelet.crt')}`,
    `--kubelet-client-key=${pki('kubelet.key')}`,
    '--kubelet-preferred-address-types=InternalIP',
    ...(audit ? auditArgs(dir) : []),
  ]
}

export const controllerManagerArgs: CommandLine = ({ dir }) => {
  const pki = (name: string): string => join(dir, 'pki', name)
  return [
    `--kubeconfig=${join(dir, 'controller-manager.kubeconfig')}`,
    `--service-account-private-key-file=${pki('service-account.key')}`,
    `--root-ca-file=${pki('ca.crt')}`,
    `--cluster-signing-cert-file=${pki('ca.crt')}`,
    `--cluster-signing-key-file=${pki('ca.key')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--secure-port=0',
    ...unthrottled,
  ]
}

export const schedulerArgs: CommandLine = ({ dir }) => [
  `--kubeconfig=${join(dir, 'scheduler.kubeconfig')}`,
  '--leader-elect=false',
  '--secure-port=0',
  ...unthrottled,
]

export const kwokArgs: CommandLine = ({ dir, slot }) => [
  `--kubeconfig=${join(dir, 'kwok.kubeconfig')}`,
  '--manage-all-nodes',
  '--cidr=10.0.0.0/16',
  `--node-ip=${local}`,
  `--node-port=${slot.ports.kubelet}`,
  `--server-address=${local}:${slot.ports.kubelet}`,
  `--tls-cert-file=${join(dir, 'pki', 'node.crt')}`,
  `--tls-private-key-file=${join(dir, 'pki', 'node.key')}`,
  // Without it KWOK renews no Leases, and the nodes are NotReady after 50 s.
  '--node-lease-duration-seconds=40',
  '--enable-crds=Logs',
  ...readdirSync(stagesFolder).map((name) => `--config=${join(stagesFolder, name)}`),
]

function auditArgs(dir: string): string[] {
  const policy = join(dir, 'audit-policy.json')
  const content = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  }
  writeFileSync(policy, JSON.stringify(content))
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${join(dir, 'audit.log')}`]
}
