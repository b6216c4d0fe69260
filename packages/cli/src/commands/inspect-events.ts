import { type Command, exitCodes } from '../command.ts';
import { EventTeller, eventRecord } from '../event-text.ts';
import { inspectEvents as help } from '../help.ts';
import { withWorld, worldFlags } from '../open-world.ts';

export const inspectEvents: Command = {
  name: 'inspect events',
  flags: worldFlags,
  positionals: ['<id>'],
  help,
  async run(input, session) {
    const history = await withWorld(input, session, (world) => world.runs.history(input.positionals[0]!));
    const { output } = session;
    if (input.values.json) output.json(history.map(eventRecord), 'indented');
    else {
      const teller = new EventTeller();
      for (const event of history) output.line(teller.line(event, 'date'));
    }
    return exitCodes.done;
  },
};
