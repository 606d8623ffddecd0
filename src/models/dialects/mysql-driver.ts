import { type Configuration, MySqlDriver } from "@mikro-orm/mysql";

/** The ORM's part for MySQL, told that JSON comes as text, as our connections give it. */
export class TextJsonMySqlDriver extends MySqlDriver {
  constructor(config: Configuration) {
    super(config);
    this.platform.convertsJsonAutomatically = () => false;
  }
}
