import { createApp, useField, useServerState } from "antiphon/react";
import { HelloState } from "./hello.state.ts";

function Hello() {
  const hello = useServerState(HelloState);
  const name = useField(HelloState, "name");
  return (
    <main>
      <h1>Hello</h1>
      <p id="count">{hello.count}</p>
      <p id="double">{hello.double}</p>
      <button type="button" id="increment" onClick={hello.increment}>+1</button>
      <button type="button" id="fail" onClick={hello.fail}>fail</button>
      <input id="name" {...name.input} />
      <button type="button" id="greet" onClick={hello.greet}>greet</button>
      <p id="greeting">{hello.greeting}</p>
      <button type="button" id="write" onClick={hello.write}>write</button>
      <p id="story">{hello.story}</p>
    </main>
  );
}

const app = createApp();
app.addPage(Hello, { route: "/", title: "Hello" });
export default app;
