import { worldConformance } from '@perdure/world/conformance';
import { describe, it } from 'vitest';
import { temporarySchema } from './server.ts';

worldConformance(
  { describe, it },
  {
    name: 'postgres',
    async make({ clock }) {
      const schema = await temporarySchema();
      let world = schema.open({ clock });
      const reopen = async () => {
        await world.close();
        world = schema.open({ clock });
        return world;
      };
      return { world, reopen, dispose: schema.drop };
    },
  },
);
