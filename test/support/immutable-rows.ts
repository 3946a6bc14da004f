/** Changes that an API server refuses or takes; the same rows are held against a real one. */
import type { KubeObject } from '../../src/model/kube-object.js'

export interface ImmutableRow {
  title: string
  before: KubeObject
  after: KubeObject
  /** Empty where the server takes the change. */
  fields: string[]
}

const pod = (app: string): object => ({
  metadata: { labels: { app, tier: 'front' } },
  spec: { restartPolicy: 'Always', containers: [{ name: 'main', image: 'registry.example.com/main:1' }] },
})
const jobPod = (image: string): object => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image }] },
})
const workload = (spec: object): object => ({
  selector: { matchLabels: { app: 'web' } },
  template: pod('web'),
  ...spec,
})
const narrow = { selector: { matchLabels: { app: 'web', tier: 'front' } } }
const claim = (spec: object, metadata: object = { name: 'disk' }): object => ({
  metadata,
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})
const set = (spec: object): object =>
  workload({ serviceName: 'web', volumeClaimTemplates: [claim({})], ...spec })
const job = (spec: object): object => ({ template: jobPod('registry.example.com/main:1'), ...spec })
const ports = [{ port: 80 }]
const role = (name: string, more: object = {}): object => ({
  roleRef: { kind: 'ClusterRole', name, ...more },
})
const apiGroup = 'rbac.authorization.k8s.io'

function row(
  [apiVersion, kind, title, ...fields]: [string, string, string, ...string[]],
  before: object,
  after: object,
): ImmutableRow {
  const make = (content: object): KubeObject => ({ apiVersion, kind, metadata: { name: 'web' }, ...content })
  return { title: `${kind}: ${title}`, before: make(before), after: make(after), fields }
}

const spec = (content: object): { spec: object } => ({ spec: content })
const rbac = `${apiGroup}/v1`
const storage = 'storage.k8s.io/v1'
const disk = (content: object): { spec: object } => spec((claim(content) as { spec: object }).spec)
const volume = (path: string): { spec: object } =>
  spec({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path } })
const sealed = { immutable: true }

export const immutableRows: readonly ImmutableRow[] = [
  row(['apps/v1', 'Deployment', 'selector', '.spec.selector'], spec(workload({})), spec(workload(narrow))),
  row(['apps/v1', 'Deployment', 'replicas'], spec(workload({})), spec(workload({ replicas: 3 }))),
  row(['apps/v1', 'DaemonSet', 'selector', '.spec.selector'], spec(workload({})), spec(workload(narrow))),
  row(['apps/v1', 'StatefulSet', 'selector', '.spec.selector'], spec(set({})), spec(set(narrow))),
  row(
    ['apps/v1', 'StatefulSet', 'serviceName', '.spec.serviceName'],
    spec(set({})),
    spec(set({ serviceName: 'other' })),
  ),
  row(
    ['apps/v1', 'StatefulSet', 'podManagementPolicy', '.spec.podManagementPolicy'],
    spec(set({})),
    spec(set({ podManagementPolicy: 'Parallel' })),
  ),
  row(
    ['apps/v1', 'StatefulSet', 'the default podManagementPolicy'],
    spec(set({})),
    spec(set({ podManagementPolicy: 'OrderedReady' })),
  ),
  row(
    ['apps/v1', 'StatefulSet', 'labels of a claim template', '.spec.volumeClaimTemplates'],
    spec(set({})),
    spec(set({ volumeClaimTemplates: [claim({}, { name: 'disk', labels: { chart: 'web-2' } })] })),
  ),
  row(
    ['apps/v1', 'StatefulSet', 'the default volumeMode of a claim template'],
    spec(set({})),
    spec(set({ volumeClaimTemplates: [claim({ volumeMode: 'Filesystem' })] })),
  ),
  row(['apps/v1', 'StatefulSet', 'minReadySeconds'], spec(set({})), spec(set({ minReadySeconds: 5 }))),
  row(
    ['batch/v1', 'Job', 'template', '.spec.template'],
    spec(job({})),
    spec(job({ template: jobPod('registry.example.com/main:2') })),
  ),
  row(
    ['batch/v1', 'Job', 'completions', '.spec.completions'],
    spec(job({ completions: 1 })),
    spec(job({ completions: 2 })),
  ),
  row(
    ['batch/v1', 'Job', 'completionMode', '.spec.completionMode'],
    spec(job({ completions: 1 })),
    spec(job({ completions: 1, completionMode: 'Indexed' })),
  ),
  row(['batch/v1', 'Job', 'parallelism'], spec(job({})), spec(job({ parallelism: 2 }))),
  row(['v1', 'Service', 'headless', '.spec.clusterIP'], spec({ ports }), spec({ ports, clusterIP: 'None' })),
  row(['v1', 'Service', 'clusterIP left out'], spec({ ports, clusterIP: 'None' }), spec({ ports })),
  row(
    ['v1', 'Service', 'ExternalName'],
    spec({ ports }),
    spec({ ports, type: 'ExternalName', externalName: 'example.com' }),
  ),
  row(
    ['v1', 'Service', 'from ExternalName to headless'],
    spec({ ports, type: 'ExternalName', externalName: 'example.com' }),
    spec({ ports, type: 'ClusterIP', clusterIP: 'None' }),
  ),
  row(['v1', 'Service', 'type'], spec({ ports }), spec({ ports, type: 'NodePort' })),
  row([rbac, 'RoleBinding', 'roleRef', '.roleRef'], role('view', { apiGroup }), role('edit', { apiGroup })),
  row([rbac, 'RoleBinding', 'the only group of a role'], role('view'), role('view', { apiGroup })),
  row(
    [rbac, 'ClusterRoleBinding', 'roleRef', '.roleRef'],
    role('view', { apiGroup }),
    role('edit', { apiGroup }),
  ),
  row(
    ['v1', 'PersistentVolumeClaim', 'accessModes', '.spec.accessModes'],
    disk({ storageClassName: 'none' }),
    disk({ storageClassName: 'none', accessModes: ['ReadWriteMany'] }),
  ),
  row(
    ['v1', 'PersistentVolumeClaim', 'storageClassName', '.spec.storageClassName'],
    disk({ storageClassName: 'none' }),
    disk({ storageClassName: 'other' }),
  ),
  row(
    ['v1', 'PersistentVolumeClaim', 'storageClassName left out', '.spec.storageClassName'],
    disk({ storageClassName: 'none' }),
    disk({}),
  ),
  row(['v1', 'PersistentVolume', 'source', '.spec.hostPath'], volume('/one'), volume('/two')),
  row(
    [storage, 'StorageClass', 'provisioner', '.provisioner'],
    { provisioner: 'a.example.com' },
    { provisioner: 'b.example.com' },
  ),
  row(
    [storage, 'StorageClass', 'parameters', '.parameters'],
    { provisioner: 'a.example.com' },
    { provisioner: 'a.example.com', parameters: { kind: 'fast' } },
  ),
  row(
    [storage, 'StorageClass', 'reclaimPolicy', '.reclaimPolicy'],
    { provisioner: 'a.example.com' },
    { provisioner: 'a.example.com', reclaimPolicy: 'Retain' },
  ),
  row(
    [storage, 'StorageClass', 'volumeBindingMode', '.volumeBindingMode'],
    { provisioner: 'a.example.com', volumeBindingMode: 'Immediate' },
    { provisioner: 'a.example.com', volumeBindingMode: 'WaitForFirstConsumer' },
  ),
  row(
    [storage, 'StorageClass', 'the defaults'],
    { provisioner: 'a.example.com' },
    { provisioner: 'a.example.com', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  ),
  row(
    ['v1', 'ConfigMap', 'sealed data', '.data'],
    { data: { a: '1' }, ...sealed },
    { data: { a: '2' }, ...sealed },
  ),
  row(
    ['v1', 'ConfigMap', 'the seal taken off', '.immutable'],
    { data: { a: '1' }, ...sealed },
    { data: { a: '1' } },
  ),
  row(
    ['v1', 'ConfigMap', 'a seal put on with other data'],
    { data: { a: '1' } },
    { data: { a: '2' }, ...sealed },
  ),
  row(['v1', 'Secret', 'type', '.type'], { type: 'Opaque' }, { type: 'example.com/other' }),
  row(['v1', 'Secret', 'the default type'], {}, { type: 'Opaque' }),
]
