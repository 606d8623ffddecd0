import { Link } from "antiphon/react";
import { Page } from "../layout.tsx";

export function SecretPage() {
  return (
    <Page title="You know the word" lead="The guard of this page let you in.">
      <p>
        <Link href="/failures">Back</Link>
      </p>
    </Page>
  );
}
