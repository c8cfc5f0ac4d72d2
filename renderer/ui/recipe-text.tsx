/** A recipe's YAML, to read and to copy. */
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Icon } from './icon.tsx';
import styles from './recipe-text.module.css';

export function RecipeText({ yaml }: { readonly yaml: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className={styles.recipe}>
      <pre
        className={styles.yaml}
        role="region"
        aria-label="Recipe as YAML"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
      >
        {yaml}
      </pre>
      <div className={styles.foot}>
        <span className="t3 f12 grow">The same on the command line: lathe run recipe.yaml</span>
        <Button
          size="xs"
          leftSection={<Icon name={copied ? 'check' : 'copy'} size={14} />}
          onClick={() => void navigator.clipboard.writeText(yaml).then(() => setCopied(true))}
        >
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
  );
}
