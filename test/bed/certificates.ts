/**
 * X.509 certificates for a throw-away control plane, written as DER by hand: ECDSA P-256, a few lines of
 * ASN.1, no library to load. Certificates are valid from an hour ago for ten years.
 */
import { generateKeyPairSync, createPublicKey, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export interface Certificate {
  commonName: string
  certPem: string
  keyPem: string
}

export interface CertificateRequest {
  commonName: string
  organization?: string
  /** DNS names and IPv4 addresses for which a server certificate is good. */
  hosts?: string[]
  /** Who signs; without it the certificate is a certificate authority that signs itself. */
  issuer?: Certificate
}

const hour = 3_600_000
const oids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
}

/** Issues a certificate with a new key, good as server and client; both come back as PEM (key as PKCS #8). */
export function issueCertificate(request: CertificateRequest): Certificate {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { commonName, organization, issuer } = request
  const now = Date.now()
  const subject = distinguishedName(commonName, organization)
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(15)),
    sequence(oid(oids.ecdsaWithSha256)),
    issuer ? distinguishedName(issuer.commonName) : subject,
    sequence(time(now - hour), time(now + 10 * 365 * 24 * hour)),
    subject,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions(request)),
  )
  const signature = sign('sha256', toBeSigned, issuer?.keyPem ?? keyPem)
  const der = sequence(toBeSigned, sequence(oid(oids.ecdsaWithSha256)), bitString(signature))
  return { commonName, certPem: pem('CERTIFICATE', der), keyPem }
}

function extensions({ hosts = [], issuer }: CertificateRequest): Buffer {
  const authority = issuer === undefined
  const signing = 0x80
  const certificateSigning = 0x04
  const list = [
    extension(oids.basicConstraints, sequence(...(authority ? [tagged(0x01, Buffer.from([0xff]))] : []))),
    extension(oids.keyUsage, bitString(Buffer.from([authority ? signing | certificateSigning : signing]))),
  ]
  if (!authority) {
    list.push(extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuth), oid(oids.clientAuth))))
  }
  if (hosts.length > 0) list.push(extension(oids.subjectAltName, sequence(...hosts.map(alternativeName))))
  return sequence(...list)
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), tagged(0x04, value))
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 4
    ? tagged(0x87, Buffer.from(host.split('.').map(Number)))
    : tagged(0x82, Buffer.from(host, 'ascii'))
}

function distinguishedName(commonName: string, organization?: string): Buffer {
  const attribute = (id: string, text: string): Buffer =>
    tagged(0x31, sequence(oid(id), tagged(0x0c, Buffer.from(text))))
  return sequence(
    ...(organization ? [attribute(oids.organization, organization)] : []),
    attribute(oids.commonName, commonName),
  )
}

function tagged(tag: number, content: Buffer): Buffer {
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const digits = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content])
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function integer(bytes: Buffer): Buffer {
  const positive = (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes])
  // DER forbids a leading zero byte that is not needed, and a random serial may begin with one.
  const firstUsed = positive.findIndex((byte, i) => byte !== 0 || (positive[i + 1] ?? 0x80) >= 0x80)
  return tagged(0x02, positive.subarray(Math.max(0, firstUsed)))
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, '')
  return tagged(0x18, Buffer.from(`${digits}Z`))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const digits = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
