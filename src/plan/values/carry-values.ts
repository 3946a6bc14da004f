import type { MeshProfile } from '../../meshes/mesh.js'
import type { Finding } from '../../model/finding.js'
import type { ValueEdit } from '../../model/plan.js'
import { displayValue } from '../../model/redaction.js'
import type { ImagesMode } from '../../model/upgrade-request.js'
import { isMapping, type Json, type Values } from '../../model/values.js'
import { judgeImageValue, type ImageRuleInput } from './image-rules.js'
import { migratePath } from './migrate-path.js'
import { joinPath, leaves, mergeValues, splitPath, standing, valueAt, withValue } from './value-paths.js'

export interface CarryInput {
  profile: MeshProfile
  from: { chartVersion: string; appVersion: string }
  to: { chartVersion: string }
  /** What the user gave at install and in every upgrade since. */
  userSupplied: Values
  oldDefaults: Values
  newDefaults: Values
  /** Values of this call. */
  overrides: Values
  images: ImagesMode
}

export interface PlannedValues {
  values: Values
  edits: ValueEdit[]
  findings: Finding[]
}

interface Carried {
  edit: ValueEdit
  /** Where the value goes; absent where it is reset or dropped. */
  place?: { path: string[]; value: Json }
  findings: Finding[]
}

/**
 * "Carry" mode (design §2): new defaults ← user-supplied values, migrated and with the image rules ←
 * overrides of this call. Returns the whole of what helm is given with `--reset-values`.
 */
export function carryValues(given: CarryInput): PlannedValues {
  const renamed = renamedOverrides(given)
  const input = { ...given, overrides: renamed.overrides }
  const carried = leaves(input.userSupplied).map(({ path, value }) => carryLeaf(path, value, input))
  const base = carried.reduce<Values>(
    (values, { place }) => (place ? withValue(values, place.path, place.value) : values),
    {},
  )
  return {
    values: mergeValues(input.overrides, base),
    edits: [...carried.map(({ edit }) => markOverridden(edit, input.overrides)), ...addedEdits(input, base)],
    findings: [...carried.flatMap(({ findings }) => findings), ...renamed.findings],
  }
}

/** A value of this call under a name that the target no longer has goes where that name went. */
function renamedOverrides(input: CarryInput): { overrides: Values; findings: Finding[] } {
  const findings: Finding[] = []
  const overrides = leaves(input.overrides).reduce<Values>((values, { path, value }) => {
    const migrated = migratePath(path, input.profile.migrations, versionsOf(input))
    if (migrated.type !== 'moved' || standing(input.newDefaults, path) !== 'unknown')
      return withValue(values, path, value)
    const [from, to] = [joinPath(path), joinPath(migrated.path)]
    findings.push(info('MU101', from, `value ${from} is called ${to} since ${migrated.at}; it is set there`))
    return withValue(values, migrated.path, value)
  }, {})
  return { overrides, findings }
}

function carryLeaf(path: string[], value: Json, input: CarryInput): Carried {
  const dotted = joinPath(path)
  const from = displayValue(path, value)
  const image = judgeImage(path, value, input)
  const findings = 'warning' in image && image.warning ? [warning('MU105', dotted, image.warning)] : []
  if (image.type === 'reset') {
    const target = newDefaultText(path, input)
    return { edit: { path: dotted, action: 'reset', from, ...target, reason: image.reason }, findings }
  }
  const migrated = migratePath(path, input.profile.migrations, versionsOf(input))
  if (migrated.type === 'gone') {
    const reason = `gone since ${migrated.at}${migrated.hint ? `: ${migrated.hint}` : ''}`
    const finding = warning('MU102', dotted, `value ${dotted} has no effect any more, ${reason}`)
    return { edit: { path: dotted, action: 'dropped', from, reason }, findings: [finding] }
  }
  if (migrated.type === 'moved') {
    const toPath = joinPath(migrated.path)
    const finding = info('MU101', dotted, `value ${dotted} is called ${toPath} since ${migrated.at}`)
    const edit: ValueEdit = {
      path: dotted,
      action: 'renamed',
      toPath,
      from,
      to: from,
      reason: `renamed in ${migrated.at}`,
    }
    return { edit, place: { path: migrated.path, value }, findings: [...findings, finding] }
  }
  return carryUnmoved(path, value, input, { from, image, findings })
}

function carryUnmoved(
  path: string[],
  value: Json,
  input: CarryInput,
  known: { from: string; image: ReturnType<typeof judgeImage>; findings: Finding[] },
): Carried {
  const dotted = joinPath(path)
  if (standing(input.oldDefaults, path) === 'known' && standing(input.newDefaults, path) === 'unknown') {
    const reason = `chart ${input.to.chartVersion} has no such value any more`
    const finding = warning('MU103', dotted, `value ${dotted} is dropped: ${reason}`)
    return {
      edit: { path: dotted, action: 'dropped', from: known.from, reason },
      findings: [...known.findings, finding],
    }
  }
  const reason = known.image.type === 'keep' ? known.image.reason : 'chosen by you'
  const clash = typeClash(path, value, input)
  return {
    edit: { path: dotted, action: 'carried', from: known.from, to: known.from, reason },
    place: { path, value },
    findings: clash ? [...known.findings, clash] : known.findings,
  }
}

function judgeImage(path: string[], value: Json, input: CarryInput): ReturnType<typeof judgeImageValue> {
  const paths = input.profile.valuePaths(input.from.chartVersion)
  const sameVersion = input.from.chartVersion === input.to.chartVersion
  if (!paths || sameVersion) return { type: 'no-image' }
  const rules: ImageRuleInput = {
    mode: input.images,
    paths,
    oldDefaults: input.oldDefaults,
    fromVersion: input.from.chartVersion,
    fromAppVersion: input.from.appVersion,
    toVersion: input.to.chartVersion,
  }
  return judgeImageValue(path, value, rules)
}

function versionsOf(input: CarryInput): { from: string; to: string } {
  return { from: input.from.chartVersion, to: input.to.chartVersion }
}

function newDefaultText(path: string[], input: CarryInput): { to?: string } {
  const value = valueAt(input.newDefaults, path)
  return value === undefined ? {} : { to: displayValue(path, value) }
}

/** A mapping where the chart has a scalar, or the reverse: helm only logs it and goes on. */
function typeClash(path: string[], value: Json, input: CarryInput): Finding | undefined {
  const fallback = valueAt(input.newDefaults, path)
  if (fallback === undefined || fallback === null || value === null) return undefined
  if (isMapping(fallback) === isMapping(value)) return undefined
  const dotted = joinPath(path)
  return warning(
    'MU104',
    dotted,
    `value ${dotted} is ${isMapping(value) ? 'a mapping' : 'no mapping'}, unlike the chart's default: helm may ignore it`,
  )
}

function markOverridden(edit: ValueEdit, overrides: Values): ValueEdit {
  const place = splitPath(edit.toPath ?? edit.path)
  const override = valueAt(overrides, place)
  if (override === undefined) return edit
  return { ...edit, action: 'overridden', to: displayValue(place, override), reason: 'set in this call' }
}

function addedEdits(input: CarryInput, base: Values): ValueEdit[] {
  const added = leaves(input.overrides).filter(
    ({ path }) => valueAt(base, path) === undefined && valueAt(input.userSupplied, path) === undefined,
  )
  return added.map(({ path, value }) => {
    const fallback = valueAt(input.newDefaults, path)
    const from = fallback === undefined ? {} : { from: displayValue(path, fallback) }
    return {
      path: joinPath(path),
      action: 'added',
      ...from,
      to: displayValue(path, value),
      reason: 'set in this call',
    }
  })
}

function warning(code: string, field: string, message: string): Finding {
  return { code, severity: 'warning', field, message, evidence: [] }
}

function info(code: string, field: string, message: string): Finding {
  return { code, severity: 'info', field, message, evidence: [] }
}
