import type { PostflightCheck } from '../check.js'
import type { KindComparison } from '../observation.js'

const shown = 5

/** Every custom resource of before is still there, the same object with the same content. */
export const customResourcesKept: PostflightCheck = ({ customResources }) => {
  const id = 'custom-resources-kept'
  if (!customResources) return undefined
  const problems = customResources.flatMap(problemsOf)
  const before = customResources.reduce((sum, kind) => sum + kind.before, 0)
  if (problems.length > 0) return { id, status: 'fail', message: problems.join('; '), objects: [] }
  const unreadable = customResources.filter((kind) => kind.unreadable !== undefined)
  if (unreadable.length > 0) {
    const message = unreadable.map(({ crd, unreadable: why }) => `${crd}: ${why}`).join('; ')
    return { id, status: 'unknown', message, objects: [] }
  }
  const remade = customResources.reduce((sum, kind) => sum + (kind.remade ?? 0), 0)
  const again = remade > 0 ? ` (${remade} made again as planned)` : ''
  const kept = `${before} of ${before} custom resources kept${again}`
  const remarks = [
    remark('no longer show fields that left the schema (the backup has them)', customResources, 'pruned'),
    remark('show defaults of the new schema', customResources, 'defaulted'),
  ].filter((text) => text !== undefined)
  return remarks.length === 0
    ? {
        id,
        status: 'pass',
        message: `${kept}, all identical`,
        objects: [],
        counts: { good: before, total: before },
      }
    : { id, status: 'warn', message: [kept, ...remarks].join('; '), objects: [] }
}

function remark(
  what: string,
  kinds: readonly KindComparison[],
  part: 'pruned' | 'defaulted',
): string | undefined {
  const objects = kinds.flatMap((kind) => kind[part])
  if (objects.length === 0) return undefined
  const fields = [...new Set(objects.flatMap((object) => object.fields))].slice(0, shown).join(', ')
  return `${objects.length} ${what}: ${fields}`
}

function problemsOf({ crd, missing, recreated, changed }: KindComparison): string[] {
  const list = (names: readonly string[]): string =>
    names.slice(0, shown).join(', ') + (names.length > shown ? ', …' : '')
  return [
    ...(missing.length > 0 ? [`${missing.length} of ${crd} are gone: ${list(missing)}`] : []),
    ...(recreated.length > 0
      ? [`${recreated.length} of ${crd} were deleted and made again: ${list(recreated)}`]
      : []),
    ...(changed.length > 0
      ? [
          `${changed.length} of ${crd} differ: ${list(changed.map(({ object, fields }) => `${object} (${fields.slice(0, 3).join(', ')})`))}`,
        ]
      : []),
  ]
}
