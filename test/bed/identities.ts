/** Who may do what in a bed: its certificate authority, its certificates, its kubeconfig files. */
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { issueCertificate, type Certificate } from './certificates.js'

/** Separate users, so that an audit log tells the tool under test (`admin`) from the bed's own doing. */
const clients = {
  admin: { commonName: 'bed:admin', organization: 'system:masters' },
  setup: { commonName: 'bed:setup', organization: 'system:masters' },
  kwok: { commonName: 'bed:kwok', organization: 'system:masters' },
  kubelet: { commonName: 'bed:kubelet-client', organization: 'system:masters' },
  'controller-manager': { commonName: 'system:kube-controller-manager' },
  scheduler: { commonName: 'system:kube-scheduler' },
}

/** The files that a saved state must keep: what signed the certificates and tokens in its objects. */
export const keptIdentities = ['ca.crt', 'ca.key', 'service-account.key', 'service-account.pub']

/**
 * Writes `<name>.crt` and `<name>.key` of every identity to `folder`, keeping an authority and a
 * service-account key that are there already (of a restored state).
 */
export function writeIdentities(folder: string, apiServerHosts: string[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const issuer = readOrIssueAuthority(folder)
  writeServiceAccountKey(folder)
  for (const [name, request] of Object.entries(clients)) {
    writeCertificate(folder, name, issueCertificate({ ...request, issuer }))
  }
  writeCertificate(
    folder,
    'api-server',
    issueCertificate({ commonName: 'api', hosts: apiServerHosts, issuer }),
  )
  const nodeHosts = ['127.0.0.1', 'localhost']
  writeCertificate(folder, 'node', issueCertificate({ commonName: 'node', hosts: nodeHosts, issuer }))
}

/** Writes a kubeconfig for one of the bed's users, with its credentials inside. */
export function writeKubeconfig(file: string, { url, pki, user, name }: KubeconfigContent): void {
  const data = (path: string): string => readFileSync(join(pki, path)).toString('base64')
  const context = { name, context: { cluster: name, user } }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': data('ca.crt') } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': data(`${user}.crt`),
          'client-key-data': data(`${user}.key`),
        },
      },
    ],
    contexts: [context],
  }
  // JSON is YAML.
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
}

interface KubeconfigContent {
  url: string
  pki: string
  user: keyof typeof clients
  name: string
}

function readOrIssueAuthority(folder: string): Certificate {
  const commonName = 'mesh-upgrade-bed'
  if (!existsSync(join(folder, 'ca.key'))) writeCertificate(folder, 'ca', issueCertificate({ commonName }))
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  return { commonName, certPem: read('ca.crt'), keyPem: read('ca.key') }
}

function writeServiceAccountKey(folder: string): void {
  if (existsSync(join(folder, 'service-account.key'))) return
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writePrivate(folder, 'service-account.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  writePrivate(folder, 'service-account.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString())
}

function writeCertificate(folder: string, name: string, { certPem, keyPem }: Certificate): void {
  writePrivate(folder, `${name}.crt`, certPem)
  writePrivate(folder, `${name}.key`, keyPem)
}

function writePrivate(folder: string, name: string, text: string): void {
  writeFileSync(join(folder, name), text, { mode: 0o600 })
}
