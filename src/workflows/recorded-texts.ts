import { messageOf, UpgradeError } from '../errors.js'
import type { RecordedTexts } from '../model/frozen-plan.js'
import { hideUrlPasswords } from '../model/redaction.js'
import type { TextReader } from '../ports/outside.js'

/** Longer notes are read again where the plan is applied. */
const longestText = 64 * 1024
const longestInAll = 256 * 1024

/** A reader that keeps what it read. */
export function recordTexts(texts: TextReader): { texts: TextReader; recorded: RecordedTexts } {
  const recorded: RecordedTexts = { texts: {}, crds: {}, lists: {} }
  let length = 0
  const readText: TextReader['readText'] = async (location, timeoutMs) => {
    const place = hideUrlPasswords(location)
    try {
      const text = await texts.readText(location, timeoutMs)
      if (text.length <= longestText && length + text.length <= longestInAll) {
        length += text.length
        recorded.texts[place] = { text }
      }
      return text
    } catch (error) {
      recorded.texts[place] = { unreadable: messageOf(error) }
      throw error
    }
  }
  const reader: TextReader = {
    readText,
    readCrds: async (location) =>
      (recorded.crds[hideUrlPasswords(location)] = await texts.readCrds(location)),
    listNotes: async (location) =>
      (recorded.lists[hideUrlPasswords(location)] = await texts.listNotes(location)),
  }
  return { texts: reader, recorded }
}

/** A reader that says again what was recorded, and asks the other for the rest. */
export function replayTexts({ texts, crds, lists }: RecordedTexts, live: TextReader): TextReader {
  return {
    readText: async (location, timeoutMs) => {
      const known = own(texts, location)
      if (known === undefined) return live.readText(location, timeoutMs)
      if ('text' in known) return known.text
      throw new UpgradeError('TextUnreadable', known.unreadable, { location })
    },
    readCrds: async (location) => own(crds, location) ?? live.readCrds(location),
    listNotes: async (location) => own(lists, location) ?? live.listNotes(location),
  }
}

function own<T>(known: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(known, key) ? known[key] : undefined
}
