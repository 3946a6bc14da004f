/** The mesh's own certificate authority and the certificates of its webhooks, kept in Secrets as OSM keeps them. */
import { X509Certificate } from 'node:crypto'
import { issueCertificate, type Certificate } from '../certificates.js'
import type { KeyPair } from './admission-server.js'
import type { KubeApi } from './kube-api.js'

export interface WebhookCertificate extends KeyPair {
  caBundle: string
}

interface SecretRef {
  namespace: string
  name: string
}

const commonName = 'osm-ca.openservicemesh.io'
const tenYearsMs = 10 * 365 * 24 * 3_600_000

/** The certificate for `<service>.<namespace>.svc`, made and stored under `secret` if there is none yet. */
export async function webhookCertificate(
  api: KubeApi,
  service: string,
  secret: SecretRef,
  authoritySecret: string,
): Promise<WebhookCertificate> {
  const host = `${service}.${secret.namespace}.svc`
  const data = await readOrCreate(api, secret, async () => {
    const issuer = await meshAuthority(api, { namespace: secret.namespace, name: authoritySecret })
    const { certPem, keyPem } = issueCertificate({ commonName: host, hosts: [host], issuer })
    return { 'ca.crt': issuer.certPem, 'tls.crt': certPem, 'tls.key': keyPem, expiration: expiration() }
  })
  return { caBundle: data['ca.crt'] ?? '', cert: data['tls.crt'] ?? '', key: data['tls.key'] ?? '' }
}

/** The authority in the mesh's CA bundle: the same over restarts and upgrades for as long as its Secret lives. */
export async function meshAuthority(api: KubeApi, secret: SecretRef): Promise<Certificate> {
  const data = await readOrCreate(api, secret, () => {
    const { certPem, keyPem } = issueCertificate({ commonName })
    return Promise.resolve({ 'ca.crt': certPem, 'private.key': keyPem, expiration: expiration() })
  })
  const certPem = data['ca.crt']
  const keyPem = data['private.key']
  if (!certPem || !keyPem) throw new Error('Invalid secret for certificate')
  const subject = new X509Certificate(certPem).subject
  return { certPem, keyPem, commonName: /^CN=(.*)$/m.exec(subject)?.[1] ?? commonName }
}

function expiration(): string {
  return new Date(Date.now() + tenYearsMs).toISOString()
}

async function readOrCreate(
  api: KubeApi,
  { namespace, name }: SecretRef,
  make: () => Promise<Record<string, string>>,
): Promise<Record<string, string>> {
  const path = `/api/v1/namespaces/${namespace}/secrets`
  const found = await api.call({ method: 'GET', path: `${path}/${name}`, also: [404] })
  if (found.status === 200) return decode((found.body as { data?: Record<string, string> }).data)
  const stringData = await make()
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', stringData }
  const made = await api.call({ method: 'POST', path, body, manager: 'osm', also: [409] })
  return made.status === 409 ? readOrCreate(api, { namespace, name }, make) : stringData
}

function decode(data: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  )
}
