import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { catalogue } from '../../../sim/experiment/catalogue.ts'
import { faultOf } from '../../../sim/experiment/check-scenario.ts'

const whole = {
  name: 'one',
  description: 'One.',
  parameters: { nodes: { text: 'nodes', fallback: 1, min: 1, max: 2, unit: 'count' } },
  sizes: { small: { nodes: 1 }, full: {} },
  population: () => [],
  duration: () => 1,
  measure: () => {},
  criteria: [{ name: 'a', metric: 'b', atLeast: 1 }],
}

describe('a scenario of a module', () => {
  it('is taken as it should be, with every one of the catalogue', () => {
    assert.equal(faultOf(whole), undefined)
    for (const scenario of catalogue) assert.equal(faultOf(scenario), undefined, scenario.name)
  })

  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ criteria: [{ name: 'a', metric: 'b', atleast: 5 }] }, /criterion 1 \(a\) has atleast/],
    [{ criteria: [{ name: 'a', metric: 'b' }] }, /criterion 1 \(a\) needs atLeast or atMost/],
    [{ criteria: [{ name: 'a', metric: 'b', atMost: Number.NaN }] }, /limits .* numbers/],
    [{ criteria: [{ name: 'a', metric: 'b', atMost: '5' }] }, /limits .* numbers/],
    [{ criteria: [{ metric: 'b', atMost: 1 }] }, /criterion 1 needs a name/],
    [
      { criteria: [{ name: 'a', metric: 'b', atLeast: 5, waitsFor: '' }] },
      /\(a\) must say what it waits for/,
    ],
    [{ criteria: [{ name: 'a', metric: 'b', atLeast: 5, waitsFor: false }] }, /must say what it waits for/],
    [{ probes: [{ series: 'a', every: 0, read: () => 1 }] }, /probes needs series, every/],
    [{ probes: [{ series: 'a', every: -1, read: () => 1 }] }, /probes needs series, every/],
    [{ parameters: { nodes: null } }, /parameter nodes must be an object/],
    [{ parameters: { nodes: { min: 5, max: 9, unit: 'count' } } }, /nodes needs a number as fallback/],
    [
      { parameters: { nodes: { fallback: 3, min: 5, max: 9, unit: 'count' } } },
      /nodes has 3, which is not from 5 to 9/,
    ],
    [{ criteria: [null] }, /criterion 1 must be an object/],
    [{ criteria: {} }, /criteria must be a list/],
    [{ sizes: { small: { nope: 3 }, full: {} } }, /small sets nope/],
    [{ sizes: { small: {}, full: { nodes: 'x' } } }, /full sets nodes/],
    [{ sizes: { small: {} } }, /object full/],
    [{ parameters: 3 }, /parameters must be an object/],
    [{ duration: 5 }, /duration must be a function/],
    [{ timeline: [] }, /timeline must be a function/],
    [{ tcp: 'packets' }, /tcp must be flow or packet/],
    [{ timelime: () => [] }, /it has timelime, which means nothing/],
    [{ livenes: { within: 1, whole: () => false } }, /it has livenes/],
    [{ liveness: { whole: () => false } }, /liveness needs within/],
    [{ liveness: { within: -1, whole: () => false } }, /liveness needs within/],
    [{ probes: [{ every: 1, serie: 'x', read: () => 1 }] }, /probes needs series/],
    [{ probes: [{ every: 1, series: 'x' }] }, /probes needs series/],
    [
      { parameters: { nodes: { fallback: 1.5, min: 1, max: 2, unit: 'count' } } },
      /nodes has a fallback that is not allowed/,
    ],
    [{ liveness: { within: 1, whole: () => false, holds: 1 } }, /liveness has holds/],
    [
      { sizes: { small: {}, full: { nodes: 5_000 } } },
      /full sets nodes, which is no parameter, or out of range/,
    ],
    [
      { parameters: { nodes: { fallback: 1, min: 1, max: 2, unit: 'counts' } } },
      /needs as unit one of count/,
    ],
    [{ name: 42 }, /name must be text/],
    [{ measure: undefined }, /lacks measure/],
  ]
  for (const [change, fault] of wrong) {
    it(`is refused with ${JSON.stringify(change, (_, value) => (Number.isNaN(value) ? 'NaN' : value))}`, () => {
      assert.match(faultOf({ ...whole, ...change }) ?? '', fault)
    })
  }

  it('is refused when it is nothing', () => {
    for (const value of [undefined, null, 3, 'text', []]) assert.match(faultOf(value) ?? '', /lacks/)
  })
})
