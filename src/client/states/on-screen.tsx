import { createContext, type ReactNode, useLayoutEffect, useMemo } from "react";

/** Whether a place of the page has been shown. Read while rendering, changed when React has put it on screen. */
export interface Place {
  isShown: boolean;
}

/** Carries the nearest place to the hooks. */
export const PlaceContext = createContext<Place | undefined>(undefined);

interface OnScreenProps {
  /** Another place when this changes: what it needs is waited for again. */
  readonly name: string;
  readonly children: ReactNode;
}

/** Notes when its children are on screen: from then on a part of them that needs a state must not hide the others. */
export function OnScreen({ name, children }: OnScreenProps) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another object for another place
  const place = useMemo<Place>(() => ({ isShown: false }), [name]);
  useLayoutEffect(() => {
    place.isShown = true;
  }, [place]);
  return <PlaceContext value={place}>{children}</PlaceContext>;
}
