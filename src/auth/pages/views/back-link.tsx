import { Text } from "@mantine/core";
import { TextLink } from "./blocks.tsx";
import { usePageParts, useTextSlot } from "./page-context.ts";

/** The way back to the login page. */
export function BackLink() {
  const { auth } = usePageParts("backLink");
  const text = useTextSlot("backLinkText", auth.text("resetBackLink"));
  const { login } = auth.settings.routes;
  if (login === undefined) return null;
  return (
    <Text size="sm" component="p" ta="center">
      <TextLink href={login}>{text}</TextLink>
    </Text>
  );
}
