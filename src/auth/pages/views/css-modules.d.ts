// Mantine's style sheets, which Vite bundles.
declare module "*.css";
