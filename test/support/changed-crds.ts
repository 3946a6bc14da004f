import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dump, load } from 'js-yaml'

interface Schema {
  description?: string
  required?: string[]
  properties?: Record<string, Schema>
  type?: string
}

interface CrdManifest {
  metadata: { name: string }
  spec: { versions: { schema: { openAPIV3Schema: Schema } }[] }
}

/** A folder with the CRDs of another, each changed; for `--crds-from`. `change` gets the schema of each version. */
export function changedCrds(
  from: string,
  to: string,
  change: (schema: Schema, name: string) => void,
): string {
  mkdirSync(to, { recursive: true })
  for (const file of readdirSync(from)) {
    const crd = load(readFileSync(join(from, file), 'utf8')) as CrdManifest
    for (const { schema } of crd.spec.versions) change(schema.openAPIV3Schema, crd.metadata.name)
    writeFileSync(join(to, file), dump(crd))
  }
  return to
}

/** A change that no object minds. */
export function described(description: string): (schema: Schema) => void {
  return (schema) => {
    Object.assign(schema, { description })
  }
}

/** A change that every TrafficSplit minds. */
export function requireOwner({ properties = {} }: Schema, name: string): void {
  const { spec } = properties
  if (!name.startsWith('trafficsplits.') || !spec) return
  Object.assign(spec, {
    required: [...(spec.required ?? []), 'owner'],
    properties: { ...spec.properties, owner: { type: 'string' } },
  })
}
