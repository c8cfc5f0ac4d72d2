/** A page that fails does not take the others with it. */
import { Component, type ReactNode } from 'react';
import { ErrorNote } from '../ui/error-note.tsx';
import styles from './frame.module.css';

interface Props {
  /** Another value (the page's address) tries again. */
  readonly place: string;
  readonly children: ReactNode;
}
interface State {
  readonly error?: unknown;
  readonly place: string;
}

export class ErrorBoundary extends Component<Props, State> {
  override state: State = { place: this.props.place };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): State | null {
    return props.place === state.place ? null : { place: props.place };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className={styles.broken}>
        <h1>This page stopped working</h1>
        <ErrorNote error={this.state.error} retry={() => this.setState({ error: undefined })} />
      </div>
    );
  }
}
