import type { Node } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { unwrap } from './parse.ts';

/** An identifier that is written, where it stands. */
export interface Written {
  name: string;
  start: number;
}

/** The variables that code writes: by assignment, `++`, or as the head of a loop; declarations are none. */
export function writtenVariables(code: Node): Written[] {
  const written: Written[] = [];
  walk(code, {
    enter(node) {
      if (node.type === 'AssignmentExpression') written.push(...targetsOf(node.left));
      else if (node.type === 'UpdateExpression') written.push(...targetsOf(node.argument));
      else if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
        written.push(...targetsOf(node.left));
      }
    },
  });
  return written;
}

function targetsOf(target: Node): Written[] {
  const node = unwrap(target);
  switch (node.type) {
    case 'Identifier':
      return [{ name: node.name, start: node.start }];
    case 'AssignmentPattern':
      return targetsOf(node.left);
    case 'RestElement':
      return targetsOf(node.argument);
    case 'ArrayPattern':
      return node.elements.flatMap((element) => (element ? targetsOf(element) : []));
    case 'ObjectPattern':
      return node.properties.flatMap((property) =>
        targetsOf(property.type === 'RestElement' ? property : property.value),
      );
    default:
      return [];
  }
}
