/** Mantine told to look like Lathe. Its variables are static (mantine.css), so nothing writes a style element. */
import { ActionIcon, Button, createTheme, Drawer, type MantineThemeOverride, Modal, Tooltip } from '@mantine/core';

export const theme: MantineThemeOverride = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 6, dark: 5 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: 'sm', variant: 'default' },
      vars: (_theme, props) => {
        const height = props.size === 'xs' ? '28px' : '32px';
        const padding = props.size === 'xs' ? '10px' : '12px';
        const fontSize = props.size === 'xs' ? '12px' : '13px';
        const weight = props.variant === 'filled' ? '600' : '400';
        return {
          root: {
            '--button-height': height,
            '--button-padding-x': padding,
            '--button-fz': fontSize,
            '--lathe-weight': weight,
          },
        };
      },
    }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray', size: 28 } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 300, withinPortal: true, multiline: true, transitionProps: { duration: 0 } },
    }),
    // Locking the scroll would write a style element; the page itself never scrolls.
    Modal: Modal.extend({
      defaultProps: {
        lockScroll: false,
        transitionProps: { duration: 100 },
        centered: true,
        // A window's head is no second banner of the page.
        attributes: { header: { role: 'presentation' } },
      },
    }),
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, transitionProps: { duration: 100 } } }),
  },
});
