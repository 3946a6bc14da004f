import { parseYamlDocuments } from '../kubernetes-yaml.js'
import { textField } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReleaseHook } from '../model/release.js'
import type { Json } from '../model/values.js'
import { listAt } from './json-fields.js'

const phases = ['Unknown', 'Running', 'Succeeded', 'Failed'] as const

/** The hooks of a stored release; their manifests may hold secrets, so that only what names them is kept. */
export function storedHooks(release: Json): ReleaseHook[] {
  const namespace = textField(release, 'namespace')
  return listAt(release, 'hooks').map((hook) => {
    const phase = phases.find((each) => each === textField(hook, 'last_run', 'phase'))
    // helm records a hook that it did not run with an empty time.
    const wasRun = textField(hook, 'last_run', 'started_at') !== ''
    return {
      object: refOfHook(hook, namespace),
      events: listAt(hook, 'events').map(String),
      ...(wasRun ? { lastPhase: phase ?? 'Unknown' } : {}),
    }
  })
}

function refOfHook(hook: Json, namespace: string): ObjectRef {
  const manifest = firstDocument(textField(hook, 'manifest'))
  return {
    apiVersion: textField(manifest, 'apiVersion'),
    kind: textField(hook, 'kind') || textField(manifest, 'kind'),
    namespace: textField(manifest, 'metadata', 'namespace') || namespace,
    name: textField(hook, 'name') || textField(manifest, 'metadata', 'name'),
  }
}

function firstDocument(text: string): unknown {
  try {
    return parseYamlDocuments(text).find((document) => typeof document === 'object' && document !== null)
  } catch {
    return undefined
  }
}
