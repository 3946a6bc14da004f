import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseReleaseNotes, releaseNotesOf } from '../../src/plan/parse-release-notes.js'

const listed =
  '## Notable Changes\n\n- a thing\n\n## CRD Updates\ncharts/osm/crds/a.yaml\ncharts/osm/crds/b.yaml\n\n## Changelog\n* x.yaml is no path here\n'

describe('parseReleaseNotes', () => {
  it('reads the paths of the CRD Updates section and nothing after it', () => {
    const notes = parseReleaseNotes(listed, '0.10.0', 'test')
    assert.deepEqual(
      [notes.crdUpdates, notes.files],
      ['listed', ['charts/osm/crds/a.yaml', 'charts/osm/crds/b.yaml']],
    )
    assert.deepEqual(notes.notable, ['a thing'])
  })

  it('takes the sentence for a claim of none', () => {
    const notes = parseReleaseNotes(
      '## CRD Updates\nNo CRD changes between tags v0.11.0 and v0.11.1\n',
      '0.11.1',
      'test',
    )
    assert.equal(notes.crdUpdates, 'none')
  })

  it('accepts other levels, bullets, code marks, HTML and CRLF', () => {
    const text = '# Crd updates\r\n- `charts/<span/>osm/crds/a.yaml`\r\n* **charts/osm/crds/b.yml**\r\n'
    assert.deepEqual(parseReleaseNotes(text, '1.0.0', 'test').files, [
      'charts/osm/crds/a.yaml',
      'charts/osm/crds/b.yml',
    ])
  })

  it('does not take a missing section or unread notes for no changes', () => {
    assert.equal(parseReleaseNotes('## Changelog\n', '1.0.0', 'test').crdUpdates, 'no-section')
    assert.equal(releaseNotesOf({ version: '1.0.0', source: 'offline' }).crdUpdates, 'unknown')
  })

  it('reads only the part of the wanted version of a text with several', () => {
    const text = '# v0.11.0\n## CRD Updates\na.yaml\n# v0.10.0\n## CRD Updates\nb.yaml\n'
    assert.deepEqual(parseReleaseNotes(text, '0.10.0', 'test').files, ['b.yaml'])
    assert.deepEqual(parseReleaseNotes(text, '0.11.0', 'test').files, ['a.yaml'])
    assert.equal(parseReleaseNotes(text, '0.12.0', 'test').crdUpdates, 'no-section')
  })

  it('gives a result for any text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '## CRD Updates',
        '#### v1.2.3',
        'a/b.yaml',
        'No CRD changes',
        '#',
        '###### crd updates',
        '<'.repeat(50),
      ),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.string(), (lines, version) => {
        const notes = parseReleaseNotes(lines.join('\n'), version, 'fuzz')
        assert.ok(['listed', 'none', 'no-section'].includes(notes.crdUpdates))
        assert.equal(notes.files.length > 0, notes.crdUpdates === 'listed')
      }),
    )
  })
})
