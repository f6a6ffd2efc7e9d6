/**
 * How an escalation is known in a parse tree: by a kind of node, a function, a setting, a table.
 *
 * @module
 */
import { functionName, listOf, stringConstant, textOf } from './nodes.ts'
import type { Tree } from './parse.ts'

export type Match = { readonly type: string; readonly found: (node: Tree) => boolean }

export type Gravity = 'medium' | 'high' | 'critical'

export type EscalationRow = readonly [
  id: string,
  gravity: Gravity,
  title: string,
  attack: string,
  ...matches: readonly Match[],
]

const always = (): boolean => true

/** A node of this type, of which something may have to be true. */
export function on(type: string, found: (node: Tree) => boolean = always): Match {
  return { type, found }
}

/** A call of a function of such a name, whatever its schema. */
export function calls(name: RegExp): Match {
  return on('FuncCall', (node) => name.test(functionName(node)))
}

/** A table of such a name is named. */
export function reads(name: RegExp): Match {
  return on('RangeVar', (node) => name.test(textOf(node['relname'])))
}

/**
 * A setting is given a value, by SET or by set_config: both are asked under the type `SETTING`.
 *
 * @param unknown Also when the name of the setting is not in the text: it may be any.
 */
export function sets(name: RegExp, unknown?: 'unknown'): Match {
  return on('SETTING', (node) => {
    const setting = settingOf(node)
    return setting === undefined ? unknown !== undefined : name.test(setting)
  })
}

/** @returns '' when the node sets nothing; undefined when what it sets is not in the text. */
function settingOf(node: Tree): string | undefined {
  if (node['funcname'] === undefined)
    return node['kind'] === 'VAR_SET_VALUE' ? textOf(node['name']).toLowerCase() : ''
  if (functionName(node) !== 'set_config') return ''
  return stringConstant(listOf(node['args'])[0])?.toLowerCase()
}

/** CREATE or ALTER ROLE with an option that is not taken away. */
export function roleOption(option: string, only?: string): Match {
  return on('ROLE', (node) => {
    if (only !== undefined && ('stmt_type' in node ? 'CreateRoleStmt' : 'AlterRoleStmt') !== only)
      return false
    return optionsOf(node, 'options').some(
      ({ name, value }) => name === option && !value.includes('"Boolean":{}'),
    )
  })
}

/** A function or procedure with an option of such a value. */
export function routine(option: string, value: RegExp): Match {
  return on('ROUTINE', (node) => hasOption(node, option, value) || inActions(node, option, value))
}

/** A command inside ALTER TABLE. */
export function tableCommand(subtype: RegExp, also: (node: Tree) => boolean = always): Match {
  return on('AlterTableCmd', (node) => subtype.test(textOf(node['subtype'])) && also(node))
}

/** To anybody but the session's own user, whom the owner of a migration usually is. */
export function ownerChange(node: Tree): boolean {
  return !/ROLESPEC_(CURRENT|SESSION)_(USER|ROLE)/.test(JSON.stringify(node['newowner'] ?? ''))
}

/** Membership in a role of such a name is given. */
export function grantsRole(name: RegExp): Match {
  return on('GrantRoleStmt', (node) => {
    if (node['is_grant'] !== true) return false
    const roles = listOf(node['granted_roles'])
    return roles.some((role) => name.test(textOf((role['AccessPriv'] as Tree)['priv_name'])))
  })
}

/** The names in a list of strings. */
export function namesIn(list: unknown): readonly string[] {
  return listOf(list).map((item) => textOf((item['String'] as Tree | undefined)?.['sval']))
}

export function hasOption(node: Tree, option: string, value: RegExp): boolean {
  return optionsOf(node, node['args'] === undefined ? 'options' : 'args')
    .concat(optionsOf(node, 'options'))
    .some((found) => found.name === option && value.test(found.text))
}

function inActions(node: Tree, option: string, value: RegExp): boolean {
  return optionsOf(node, 'actions').some((found) => found.name === option && value.test(found.text))
}

type Option = { readonly name: string; readonly value: string; readonly text: string }

function optionsOf(node: Tree, field: string): Option[] {
  return listOf(node[field]).flatMap((item) => {
    const option = item['DefElem'] as Tree | undefined
    if (!option) return []
    const value = JSON.stringify(option['arg'] ?? '')
    const text = /"sval":"([^"]*)"/.exec(value)?.[1] ?? value
    return [{ name: textOf(option['defname']), value, text }]
  })
}
