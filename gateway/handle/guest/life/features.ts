/** Events that features want to see; a feature that is not in the image costs a property read. */

export const features: {
  onTimer?: () => void;
  onClientGone?: () => void;
} = {};
