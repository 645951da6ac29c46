"""What runs on a machine while it is being installed: stages by generation, site scripts, and pxeserve's own hook around them."""
