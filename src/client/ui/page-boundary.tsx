import { Component, type ComponentType, createElement, type ErrorInfo, type ReactNode } from "react";
import { asClientError } from "../client-error.ts";
import { reportDiagnostic } from "../diagnostics.ts";
import { clearCrash, markCrash } from "../engine/crash-mark.ts";
import type { ClientError } from "../engine/engine-types.ts";
import type { ErrorPageProps } from "../pages/create-app.ts";

interface PageBoundaryProps {
  /** The error is forgotten when this changes. */
  readonly attempt: object;
  readonly errorPage: ComponentType<ErrorPageProps>;
  readonly onRetry: () => void;
  /** Called with what the page threw. */
  readonly onError: () => void;
  /** Calls the listener when there is reason to try again without being asked. Returns what ends that. */
  readonly onNews?: ((listener: () => void) => () => void) | undefined;
  readonly children: ReactNode;
}

interface PageBoundaryState {
  readonly error: ClientError | undefined;
  readonly attempt: object;
}

/** Catches what a page throws while rendering; what surrounds the page stays. */
export class PageBoundary extends Component<PageBoundaryProps, PageBoundaryState> {
  #stop: (() => void) | undefined;
  override state: PageBoundaryState = { error: undefined, attempt: this.props.attempt };

  static getDerivedStateFromError(thrown: unknown): Partial<PageBoundaryState> {
    return { error: asClientError(thrown) };
  }

  static getDerivedStateFromProps(
    props: PageBoundaryProps,
    state: PageBoundaryState,
  ): Partial<PageBoundaryState> | null {
    return props.attempt === state.attempt ? null : { error: undefined, attempt: props.attempt };
  }

  override componentDidCatch(thrown: unknown, info: ErrorInfo): void {
    const error = asClientError(thrown);
    reportDiagnostic(error);
    this.props.onError();
    if (error.code === "CLIENT_PAGE_CRASHED") {
      markCrash();
      this.#stop?.();
      this.#stop = this.props.onNews?.(() => this.setState({ error: undefined }));
    }
    if (info.componentStack) console.error(info.componentStack);
  }

  override componentDidUpdate(_props: PageBoundaryProps, before: PageBoundaryState): void {
    if (!before.error || this.state.error) return;
    clearCrash();
    this.#stop?.();
    this.#stop = undefined;
  }

  override componentWillUnmount(): void {
    if (this.state.error) clearCrash();
    this.#stop?.();
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const retry = () => {
      this.props.onRetry();
      this.setState({ error: undefined });
    };
    return createElement(this.props.errorPage, { error, retry });
  }
}
